// Whether other programs had the machine while something was timed.

import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { busyNote, watchOthers } from '../../sim/busy.node.js';

it('counts what others do and not what this process does', async () => {
  const others = watchOthers();
  const program = 'for (const end = Date.now() + 1500; Date.now() < end; );';
  const child = spawn(process.execPath, ['-e', program]);
  await new Promise((done) => child.on('close', done));
  const busy = others();
  // However busy the machine is, the other process had a part of it.
  expect(busy?.cores).toBeGreaterThan(0.2);
  expect(busy?.of).toBe(cpus().length);
});

it('cannot tell in no time', async () => {
  const others = watchOthers();
  await setTimeout(1);
  expect(others()).toBeNull();
});

it('says so only where it matters', () => {
  expect(busyNote(null)).toBeNull();
  expect(busyNote({ cores: 0.4, of: 2 })).toBeNull();
  expect(busyNote({ cores: 1.52, of: 2 })).toContain('other programs used 1.5 of 2 cores');
});
