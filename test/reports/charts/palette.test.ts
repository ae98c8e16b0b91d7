import { describe, expect, it } from 'vitest';
import {
  color,
  declarations,
  partColor,
  resolveColors,
  seriesColor,
  themes,
} from '../../../reports/charts/palette.js';

/** Contrast of two colours as WCAG 2.2 defines it, from relative luminances. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(themes)('in the %s theme', (theme) => {
  const of = (name: string) => resolveColors(name, theme);

  it('texts stand out from what is behind them (4.5 : 1)', () => {
    for (const ink of [color('ink'), color('muted')]) {
      expect(contrast(of(ink), of(color('panel')))).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('outlines of bars stand out too (3 : 1)', () => {
    for (let hue = 0; hue < 7; hue++) {
      for (const soft of [true, false]) {
        expect(
          contrast(of(seriesColor(hue, soft).stroke), of(color('panel'))),
        ).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it('every colour is defined, and no two series or parts share one', () => {
    const series = Array.from({ length: 7 }, (_, hue) => of(seriesColor(hue, false).fill));
    const parts = Array.from({ length: 9 }, (_, at) => of(partColor(at)));
    for (const group of [series, parts]) expect(new Set(group).size).toBe(group.length);
    for (const hex of [...series, ...parts]) {
      expect(hex).toMatch(/^#[0-9a-f]{6}$/);
      expect(declarations(theme)).toContain(hex);
    }
  });
});

it('a text that only looks like a colour stays as it is', () => {
  expect(resolveColors('var(--no-such) var(--constructor) var(--ink)', 'light')).toBe(
    'var(--no-such) var(--constructor) #1a2027',
  );
});
