// The tutorial: its commands work in the order in which they stand, and print and draw what it
// shows.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runTutorial } from '../../scripts/tutorial.js';

const text = readFileSync('docs/tutorial.md', 'utf8');

describe('the tutorial', () => {
  const { printed, pictures } = runTutorial(text);

  it('shows what its commands print', () => {
    const shown = [...text.matchAll(/```sh\n(.*)\n```\n\n```text\n([\s\S]*?)```/g)];
    expect(shown.length).toBeGreaterThan(1);
    for (const [, command = '', said = ''] of shown) expect(printed.get(command)).toContain(said);
  });

  it('shows the pictures that its commands draw', () => {
    const drawn = readdirSync('docs/pictures').filter((name) => name.endsWith('.svg'));
    expect([...pictures.keys()].sort()).toEqual(drawn.sort());
    for (const [name, svg] of pictures) {
      expect(text).toContain(`(pictures/${name})`);
      expect(svg, `docs/pictures/${name}: npm run docs:tutorial`).toBe(
        readFileSync(`docs/pictures/${name}`, 'utf8'),
      );
    }
  });
});
