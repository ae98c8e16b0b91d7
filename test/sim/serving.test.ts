import { describe, expect, it } from 'vitest';
import { presetNames } from '../../hw-models/presets.node.js';
import { readPrices, servingCost } from '../../sim/serving/prices.js';
import { loadPrices } from '../../sim/serving/prices.node.js';

const table = (text: string) => readPrices([{ text, file: 'prices.yaml' }]);
const base = `
grid: { gramsPerKilowattHour: 500, date: "2020", cite: a test }
electricity: { dollarsPerKilowattHour: 0.2, date: 2020-05, cite: a test }
utilisation: 0.5
hardware:
  rented: { rentDollarsPerHour: 3.6, pue: 1.5, date: 2020-05-01, cite: a test }
  bought: { priceDollars: 31557.6, years: 1, date: "2020", cite: a test }
`;

describe('the cost of serving', () => {
  it('of rented hardware is its hours, busy half of the time, and the emissions of the whole site', () => {
    // A millisecond and 3.6 J each: 1000 s, 2000 s rented at a thousandth of a dollar a second; 1
    // kWh, 1.5 with the site.
    const cost = servingCost('rented', 1e-3, 3.6, table(base));
    expect(cost.dollarsPerMillion).toBeWithin(1e-12, 2);
    expect(cost.gramsCo2ePerMillion).toBeWithin(1e-12, 750);
    expect(cost.basis).toBe('rented, $3.6 an hour (2020-05-01)');
  });

  it('of bought hardware is what it loses in that time, and electricity', () => {
    // A thousandth of a dollar a second over a year of 365.25 days; 1 kWh at 20 cents.
    const cost = servingCost('bought', 1e-3, 3.6, table(base));
    expect(cost.dollarsPerMillion).toBeWithin(1e-12, 2 + 0.2);
    expect(cost.gramsCo2ePerMillion).toBeWithin(1e-12, 500);
    expect(servingCost('bought', 1e-3, null, table(base))).toMatchObject({
      dollarsPerMillion: null,
      gramsCo2ePerMillion: null,
      basis: expect.stringContaining('energy unknown'),
    });
  });

  it('is unknown where there is no price, which is said; emissions follow the energy alone', () => {
    expect(servingCost('other', 1e-3, 3.6, table(base))).toEqual({
      dollarsPerMillion: null,
      gramsCo2ePerMillion: 500,
      basis: 'no price in the table',
    });
  });

  it('follows a table over another, entry by entry', () => {
    const own =
      'utilisation: 1\nhardware: { bought: null, rented: { rentDollarsPerHour: 36, date: "2021", cite: x } }';
    const prices = readPrices([
      { text: base, file: 'base.yaml' },
      { text: own, file: 'own.yaml' },
    ]);
    expect(Object.keys(prices.hardware)).toEqual(['rented']);
    expect(servingCost('rented', 1e-3, 3.6, prices)).toMatchObject({
      dollarsPerMillion: 10,
      gramsCo2ePerMillion: 500,
    });
    expect(prices.grid.gramsPerKilowattHour).toBe(500);
  });

  it('is refused with the place of each fault', () => {
    expect(() => table(base.replace('0.5', '1.5'))).toThrow(
      'prices.yaml:4:1: utilisation: found 1.5, expected a number above 0 and up to 1',
    );
    expect(() => table(base.replace('rentDollarsPerHour: 3.6, ', ''))).toThrow(
      'prices.yaml:6:3: hardware.rented: found neither or both, expected rentDollarsPerHour, or priceDollars and years',
    );
    expect(() => table(base.replace('years', 'year'))).toThrow(
      'prices.yaml:7:36: hardware.bought.year: unknown key',
    );
    expect(() => table('- 1')).toThrow(
      'prices.yaml:1:1: found no keys, expected a table of prices',
    );
  });

  it('has prices for what can be bought or rented, each with its date and source', async () => {
    const { hardware } = await loadPrices();
    const presets = new Set(presetNames());
    for (const [name, price] of Object.entries(hardware)) {
      expect(presets).toContain(name);
      expect(price.cite.length).toBeGreaterThan(20);
    }
  });
});
