import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillOf, patterns } from '../../reports/charts/looks.js';
import { partHues } from '../../reports/charts/palette.js';
import { glyphOf, hueOfGlyph, knownParts } from '../../reports/charts/part-looks.js';
import { barGlyph, stackBar } from '../../reports/format/bar.js';
import { renderTerminal } from '../../reports/format/terminal.js';

const someParts = fc.dictionary(
  fc.constantFrom('compute', 'memory', 'l2', 'overhead', 'launch', 'starvation'),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
);

describe('bars of characters', () => {
  it('have a character for each look, in its hue', () => {
    const looks = partHues.flatMap((hue) => patterns.map((pattern) => ({ hue, pattern })));
    const glyphs = looks.map(glyphOf);
    expect(new Set(glyphs).size).toBe(looks.length);
    for (const [at, look] of looks.entries()) {
      expect([...(glyphs[at] ?? '')], fillOf(look)).toHaveLength(1);
      expect(hueOfGlyph.get(glyphs[at] ?? '')).toBe(look.hue);
    }
  });

  it('are as long as the share, each part as long as its own to a character', () => {
    fc.assert(
      fc.property(someParts, fc.double({ min: 0.1, max: 1, noNaN: true }), (parts, share) => {
        const bar = stackBar(parts, share, 20);
        const whole = Object.values(parts).reduce((sum, part) => sum + part, 0);
        expect(bar).toHaveLength(whole > 0 ? Math.round(20 * share) : 0);
        for (const [name, part] of Object.entries(parts)) {
          const drawn = bar.split(barGlyph(name, [])).length - 1;
          if (whole > 0) expect(Math.abs(drawn - (bar.length * part) / whole)).toBeLessThan(1.0001);
        }
      }),
    );
  });

  it('take the colours of the parts in a terminal, and of nothing else', () => {
    const table = {
      columns: [
        { header: 'layer', align: 'left' as const },
        { header: 'time', align: 'left' as const, isBar: true },
      ],
      rows: [['conv', stackBar({ compute: 1, launch: 3 }, 1, 4)]],
    };
    const render = (color: boolean) =>
      renderTerminal([{ heading: 'bars', table }], { color, columns: 80 });
    expect(render(true)).toContain('\u001b[94m█\u001b[39m\u001b[93mNNN\u001b[39m');
    expect(render(false)).toContain('conv   █NNN');
    expect(render(true)).toContain('conv  ');
    for (const part of knownParts) expect(barGlyph(part, knownParts)).not.toBe('');
  });
});
