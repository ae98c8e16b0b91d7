import { describe, expect, it } from 'vitest';
import {
  color,
  declarations,
  MEASURED_HUE,
  nameHues,
  partHues,
  resolveColors,
  type Token,
  themes,
} from '../../../reports/charts/palette.js';
import { ciede2000, contrast, difference, type Vision, visions } from './vision.js';

/** Apart enough to be told from each other in one legend. */
const IN_ONE_CHART = 12;
/** Apart enough in two charts side by side, and seen by who is colour-blind. */
const SIDE_BY_SIDE: Readonly<Record<Vision, number>> = {
  trichromacy: 9.5,
  ...{ protanopia: 4, deuteranopia: 4, tritanopia: 4 },
};
/** What stands for no name beside names, and what designs of a sweep are to its front. */
const CHARTS: readonly (readonly Token[])[] = [
  ['accent', 'muted', 'alert'],
  ['ink', 'muted'],
];

const names: readonly Token[] = [...nameHues, MEASURED_HUE];

it('differences are those of the published test data', () => {
  // Sharma, Wu and Dalal 2005, Table 1, pairs 1, 7, 13 and 25.
  expect(ciede2000([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeWithin(1e-4, 2.0425);
  expect(ciede2000([50, 0, 0], [50, -1, 2])).toBeWithin(1e-4, 2.3669);
  expect(ciede2000([50, -0.001, 2.49], [50, 0.0009, -2.49])).toBeWithin(1e-4, 4.8045);
  expect(ciede2000([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387])).toBeWithin(
    1e-4,
    1.2644,
  );
});

describe.each(themes)('in the %s theme', (theme) => {
  const of = (token: Token) => resolveColors(color(token), theme);

  it('texts stand out from what is behind them (4.5 : 1)', () => {
    for (const token of ['ink', 'muted', 'accent', 'measured', 'modelled'] as const)
      expect(contrast(of(token), of('panel')), token).toBeGreaterThanOrEqual(4.5);
  });

  it('marks stand out too (3 : 1)', () => {
    for (const token of [...partHues, ...names, 'alert'] as const)
      expect(contrast(of(token), of('panel')), token).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.keys(visions) as Vision[])('hues of one chart differ with %s', (vision) => {
    for (const hues of [partHues, [...names, 'muted' as const], ...CHARTS]) {
      for (const [at, one] of hues.entries()) {
        for (const other of hues.slice(at + 1))
          expect(
            difference(of(one), of(other), vision),
            `${one} and ${other}`,
          ).toBeGreaterThanOrEqual(IN_ONE_CHART);
      }
    }
  });

  it.each(Object.keys(visions) as Vision[])(
    'no part has the colour of a device in the chart beside it, with %s',
    (vision) => {
      for (const one of partHues) {
        for (const other of names)
          expect(
            difference(of(one), of(other), vision),
            `${one} and ${other}`,
          ).toBeGreaterThanOrEqual(SIDE_BY_SIDE[vision]);
      }
    },
  );

  it('every colour is defined', () => {
    for (const token of [...partHues, ...names])
      expect(declarations(theme)).toContain(`--${token}:${of(token)}`);
  });
});

it('a text that only looks like a colour stays as it is', () => {
  expect(resolveColors('var(--no-such) var(--constructor) var(--ink)', 'light')).toBe(
    'var(--no-such) var(--constructor) #1a2027',
  );
});
