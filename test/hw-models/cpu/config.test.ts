import { describe, expect, it } from 'vitest';
import { cpu } from '../../../hw-models/cpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';
import { InputError } from '../../../workloads/base/errors.js';
import { cpuPreset, presetText, shippedPresets } from './presets.js';

const base = presetText('i7-5930k');

/**
 * The refusal of the i7 preset after one change; the line on which `key` ends must be among those
 * it names.
 */
function refusal(from: RegExp, to: string, key: RegExp): string {
  expect(base).toMatch(from);
  const text = base.replace(from, to);
  try {
    readPreset(text, 'cpu.yaml', cpu);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const named = [...error.message.matchAll(/^cpu\.yaml:(\d+):/gm)].map(([, line]) =>
      Number(line),
    );
    const end = text.search(key) + (key.exec(text)?.[0].length ?? 0);
    const changed = text.slice(0, end).split('\n').length;
    expect(named).toContain(changed);
    return error.message;
  }
  throw new Error('not refused');
}

describe('CPU presets', () => {
  it.each(shippedPresets)('%s is read, each number with its source', (name) => {
    const { figures } = cpuPreset(name);
    expect(figures.size).toBeGreaterThan(30);
    for (const { cite } of figures.values()) expect(cite.length).toBeGreaterThan(5);
  });

  it('fits at most five efficiencies and three powers of the i7, six numbers of any other', () => {
    const fitted = (name: string) =>
      [...cpuPreset(name).figures]
        .filter(([, { from }]) => from === 'fitted')
        .map(([path]) => path);
    expect(fitted('i7-5930k')).toEqual([
      'dense.streamShare',
      'dense.gemmEfficiency',
      'sparse.cyclesPerNonzero',
      'sparse.spmmWidth',
      'sparse.spmmEfficiency',
      'energy.instruction',
      'energy.core',
      'energy.idle',
    ]);
    for (const name of shippedPresets.filter((name) => name !== 'i7-5930k'))
      expect(fitted(name).length).toBeLessThanOrEqual(6);
  });

  it.each(shippedPresets)('%s states the capacity of its memory, or why not', (name) => {
    const { capacity } = cpuPreset(name).config.memory;
    const reason = /capacity: (?:null #|left out,) (.+)/.exec(presetText(name))?.[1] ?? '';
    if (capacity === undefined) expect(reason).toMatch(/differ|boards|phones/);
    else expect(capacity).toBeGreaterThan(0);
  });

  it('refuses 0 cores at the line', () => {
    const message = refusal(/^(cores:\s*\{\s*value: )6/m, '$010', /^cores:/m);
    expect(message).toContain('cores: found 0, expected a whole number from 1');
  });

  it('refuses NaN at the line', () => {
    expect(refusal(/^(clock:\s*\{\s*value: )3\.5/m, '$1.nan', /value: .nan/)).toContain(
      'clock.value: found NaN',
    );
  });

  it('refuses an unknown key at the line and names the nearest', () => {
    const message = refusal(/^fillBuffers:/m, 'fillBufers:', /^fillBufers:/m);
    expect(message).toContain('fillBufers: unknown key; did you mean fillBuffers?');
  });

  it('refuses more library cores than the chip has, with both numbers', () => {
    const message = refusal(/(sparse:\s*cores:\s*\{\s*value: )1/, '$017', /^sparse:\s*cores:/m);
    expect(message).toContain("sparse.cores: found 7, expected at most the chip's 6");
  });

  it('refuses an L2 below L1, with both numbers', () => {
    const message = refusal(/(capacity:\s*\{\s*value: )256/, '$0116', /^l2:\s*capacity:/m);
    expect(message).toContain("l2.capacity: found 16384 B, expected more than L1's 32768 B");
  });

  it('refuses busy cores that draw more than the design power, with both numbers', () => {
    const message = refusal(/(energy:[\s\S]*core:\s*\{\s*value: )7\.1/, '$0125', /^ {2}core:/m);
    expect(message).toContain(
      'energy.core: found 198.1 W with GEMM on all cores, expected at most the thermal design power of 140 W',
    );
  });
});
