import { describe, expect, it } from 'vitest';
import { left, right, type Section } from '../../reports/document.js';
import { renderCsv } from '../../reports/format/csv.js';
import { renderMarkdown } from '../../reports/format/markdown.js';
import { renderTerminal } from '../../reports/format/terminal.js';
import { count, dollars, percent, quantity, ratio, sparkbar } from '../../reports/quantity.js';

describe('quantities', () => {
  it.each([
    [quantity(7.5162e-3, 's'), '7.52 ms'],
    [quantity(30.3e-6, 's'), '30.3 µs'],
    [quantity(1.77e-5, 'J'), '17.7 µJ'],
    [quantity(0.59, 'W'), '590 mW'],
    [quantity(999.9e-6, 's'), '1.00 ms'],
    [quantity(0, 'J'), '0 J'],
    [quantity(null, 'J'), '–'],
    [quantity(2e-15, 'J'), '0.00200 pJ'],
    [quantity(2e-20, 'J'), '2.00e-8 pJ'],
    [dollars(1234.5), '$1,230'],
    [dollars(0.0451), '$0.0451'],
    [dollars(0.00196), '$0.00196'],
    [dollars(9.43e-5), '$0.0000943'],
    [dollars(1.2345e-6), '$0.00000123'],
    [dollars(9e-7), '< $0.000001'],
    [dollars(0), '$0'],
    [dollars(null), '–'],
    [percent(2.36e-5), '0.00236 %'],
    [count(37_748_736), '37.7 M'],
    [count(16), '16'],
    [ratio(24_207), '24,200×'],
    [ratio(0.6123), '0.612×'],
    [ratio(null), '–'],
    [ratio(1), '1.00×'],
    [percent(0.351), '35.1 %'],
    [percent(1), '100 %'],
    [sparkbar(1, 4), '████'],
    [sparkbar(0.5, 3), '█▌'],
    [sparkbar(1e-6, 4), '▏'],
    [sparkbar(0, 4), ''],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});

const section: Section = {
  heading: 'a | b <img src=x onerror=alert(1)>',
  lines: ['a line'],
  table: {
    columns: [left('name'), right('value')],
    rows: [
      ['x_1', '7 µs'],
      ['=cmd()', '12 ms'],
    ],
  },
  notes: ['mind the *gap*'],
  doubts: ['guessed'],
};

describe('markdown', () => {
  it('is a table with aligned columns, and nothing in it becomes markup', () => {
    expect(renderMarkdown([section])).toBe(
      [
        '## a \\| b \\<img src=x onerror=alert(1)\\>',
        '',
        'a line',
        '',
        '| name   | value |',
        '| :----- | ----: |',
        '| x\\_1   |  7 µs |',
        '| =cmd() | 12 ms |',
        '',
        '- **!** guessed',
        '- mind the \\*gap\\*',
        '',
      ].join('\n'),
    );
  });
});

describe('csv', () => {
  it('quotes what needs it, leaves unknown cells empty and disarms formulas', () => {
    const rows = [
      ['a,b', 1.5, null],
      ['=1+1', -2, 'say "x"'],
    ];
    expect(renderCsv({ columns: ['k', 'v', 'n'], rows })).toBe(
      'k,v,n\n"a,b",1.5,\n\'=1+1,-2,"say ""x"""\n',
    );
  });
});

describe('the terminal', () => {
  const plain = { columns: 80, color: false };

  it('aligns columns', () => {
    expect(renderTerminal([section], plain)).toBe(
      `${section.heading}\na line\n\nname    value\nx_1      7 µs\n=cmd()  12 ms\n\nNotes\n! guessed\n- mind the *gap*\n`,
    );
  });

  it('wraps long text in a narrow terminal and keeps numbers whole', () => {
    const table = {
      columns: [left('what'), right('time')],
      rows: [['some very long words to wrap around', '123.456 ms']],
    };
    const lines = renderTerminal([{ heading: 'h', table }], { columns: 30, color: false }).split(
      '\n',
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(lines.join('\n')).toContain('123.456 ms');
  });

  it('breaks words that are too long, cutting none short', () => {
    const table = {
      columns: [left('hardware'), right('time')],
      rows: [
        ['eie-64:im2col+sparse+winograd', '9.91 ms'],
        ['abcdefghijklmnopqrstuvwxyz', '1 s'],
      ],
    };
    const lines = renderTerminal([{ heading: 'h', table }], { columns: 30, color: false }).split(
      '\n',
    );
    expect(lines.slice(3, -1)).toEqual([
      'eie-64:im2col+sparse+  9.91 ms',
      'winograd',
      'abcdefghijklmnopqrstu      1 s',
      'vwxyz',
    ]);
  });

  it('shows a row as a card where its columns have no room', () => {
    const table = {
      columns: [left('hardware'), right('time'), right('energy'), left('bound by')],
      rows: [['eie-64', '9.91 ms', '9.02 mJ', '']],
    };
    expect(renderTerminal([{ heading: 'h', table }], { columns: 20, color: false })).toBe(
      'h\n\neie-64\n  time: 9.91 ms\n  energy: 9.02 mJ\n',
    );
  });

  it('lets no control character through', () => {
    const text = renderTerminal([{ heading: 'evil\u001b[2J', notes: ['bell\u0007'] }], plain);
    expect(text).toBe('evil\uFFFD[2J\n\nNotes\n- bell\uFFFD\n');
  });
});
