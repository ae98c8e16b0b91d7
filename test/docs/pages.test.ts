// The README and every page of docs/: links lead somewhere, commands exist, lines and words are
// those of the project, and the npm package holds what its README links to.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import writeGood from 'write-good';
import { zeroskip } from '../cli/run-cli.js';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
/** Made by a command, as wide as it is. */
const GENERATED = ['docs/validation.md'];

const textOf = (page: string) => readFileSync(page, 'utf8');
const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '`');

const linksOf = (page: string) =>
  [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));

/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Words of other projects, invented ones, and words that say nothing. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\ba hardware\b/i, 'a device'],
  [/\bheld against\b/i, 'compared with'],
  [/\bthe machine underneath\b/i, 'this machine, the host'],
  [/\brectifier\b/i, 'ReLU'],
  [/\bsimply\b|\bjust\b|\bobviously\b|\bof course\b/i, 'nothing'],
  [/\butili[sz]e\b/i, 'use'],
  [/\bin order to\b/i, 'to'],
  [/\bleverag(e|es|ing)\b/i, 'use'],
  [/\bTODO\b|\bTBD\b/, 'what is so'],
];

describe.each(pages)('%s', (page) => {
  it('links to what there is', () => {
    for (const link of linksOf(page)) {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      expect(existsSync(file), `${page}: ${link}`).toBe(true);
      if (anchor !== undefined && file.endsWith('.md'))
        expect(anchorsOf(file), `${page}: ${link}`).toContain(anchor);
    }
  });

  it('names only commands and options that there are', async () => {
    const blocks = [...textOf(page).matchAll(/```sh\n([\s\S]*?)```/g)];
    const lines = blocks.flatMap(([, body = '']) => body.replaceAll('\\\n', ' ').split(/\n|&&/));
    for (const line of lines) {
      const [, rest] = /(?:^|\s|\/)zeroskip (.*)$/.exec(line) ?? [];
      if (rest === undefined || line.startsWith('#')) continue;
      const [command = '', inner = ''] = rest.split(/\s+/);
      const isGroup = command === 'hardware' || command === 'workloads';
      const path = isGroup ? [command, inner] : [command];
      const { code, stdout } = await zeroskip([...path, '--help']);
      expect(code, line).toBe(0);
      for (const [, option = ''] of rest.matchAll(/\s(--[a-z][\w-]*)/g))
        expect(stdout, line).toContain(option);
    }
  });

  it.skipIf(GENERATED.includes(page))('has lines of at most 100 columns', () => {
    const long = textOf(page)
      .replace(/```[\s\S]*?```/g, '')
      .split('\n')
      .filter((line) => line.length > 100 && !/^[|!]|^\S*\]\(|https?:/.test(line));
    expect(long).toEqual([]);
  });

  it.skipIf(GENERATED.includes(page))('uses plain words', () => {
    for (const [word, better] of FORBIDDEN) {
      const found = word.exec(withoutCode(textOf(page)).replace(/\s+/g, ' '));
      expect(found?.[0] ?? null, `say ${better}`).toBeNull();
    }
  });
});

/**
 * write-good (npm) for what every text has: words twice in a row, clichés, wordy phrases. Passive
 * voice and adverbs are left to the writer.
 */
const CHECKS = {
  ...{ illusion: true, cliches: true, tooWordy: true },
  ...{ passive: false, adverb: false, thereIs: false, so: false, weasel: false },
  // Words of the field, and short ones.
  whitelist: ['it is', 'it was', 'all of', 'magnitude', 'validate', 'evaluate', 'objective'].concat(
    'methodology',
    'therefore',
  ),
};

/** Sentences alone: no tables, headings, formulas, and each code by a word of its own. */
function proseOf(page: string): string {
  let codes = 0;
  return textOf(page)
    .replace(/```[\s\S]*?```/g, '')
    .replace(/^(\||#| {4}).*$/gm, '')
    .replace(/`[^`]*`/g, () => `code${codes++}`)
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

it.each(pages.filter((page) => !GENERATED.includes(page)))('%s reads well', (page) => {
  const prose = proseOf(page);
  // Letters of a formula may stand twice.
  const suggestions = writeGood(prose, CHECKS).filter(({ offset }) => offset > 1);
  const found = suggestions.map(
    ({ index, offset, reason }) =>
      `${prose.slice(Math.max(0, index - 30), index + offset + 10)}: ${reason}`,
  );
  expect(found).toEqual([]);
});

describe('the npm package', () => {
  it('holds what its README links to', () => {
    const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(listed) as [{ files: readonly { path: string }[] }];
    const held = new Set(files.map(({ path }) => path));
    for (const page of ['README.md', 'docs/README.md']) {
      for (const link of linksOf(page)) {
        const file = normalize(join(dirname(page), link.replace(/#.*/, '')));
        expect(held, `${page}: ${link}`).toContain(file);
      }
    }
  });
});
