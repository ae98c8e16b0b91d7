// How far off the models may be: the bounds are the project's own, on medians, and CI fails when an
// error grows past one.

import { readFileSync } from 'node:fs';
import { geometricMean, median } from 'simple-statistics';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderers } from '../../reports/renderers.js';
import { validationView } from '../../reports/views/validate.js';
import { validateLeftOut, validateMeasurements } from '../../sim/measurements.node.js';
import type { Claim } from '../../sim/validate/claims.js';
import { fittedDevices } from '../../sim/validate/fit/devices.js';
import { publishedTables } from '../../sim/validate/tables.node.js';
import type { Validation } from '../../sim/validate/validate.js';
import { validate } from '../../sim/validate.node.js';
import { zeroskip } from '../cli/run-cli.js';

let validation: Validation;
// Fitting every device again takes seconds.
beforeAll(() => {
  validation = validate({ refit: true });
}, 300_000);

const claims = (match: (claim: Claim) => boolean) => validation.claims.filter(match);
const medianError = (some: readonly Claim[]) =>
  median(some.map(({ error }) => Math.abs(error ?? Number.NaN)));
const one = (words: string) => {
  const [found, ...more] = claims(({ claim }) => claim === words);
  if (!found || more.length > 0)
    throw new Error(`${more.length} claims too many or none: ${words}`);
  return found;
};

describe('validate', () => {
  it('covers every published number', () => {
    const rows = (file: string) =>
      readFileSync(`sim/claims/${file}.csv`, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')).length - 1;
    expect(claims(({ table }) => table === 'EIE, Table IV')).toHaveLength(
      9 * rows('eie-wallclock-us'),
    );
    expect(claims(({ table }) => table === 'Deep Compression, Table 9')).toHaveLength(
      6 * rows('baseline-power-w'),
    );
    expect(claims(({ table }) => /^EIE, Figure [67]$/.test(table))).toHaveLength(
      10 * rows('eie-figures-6-7'),
    );
    expect(claims(({ claim }) => claim.includes('at the published accesses'))).toHaveLength(
      2 * (rows('eyeriss-vgg-16') + 1),
    );
    expect(claims(({ table }) => table === 'EIE, Table III')).toHaveLength(rows('eie-benchmark'));
    expect(claims(({ table }) => table === 'EIE, Table I')).toHaveLength(rows('energy-45nm'));
    // A range counts for its two ends; EIE's six ratios are held against two baselines, in a table
    // of their own.
    const ranges = publishedTables('headlines').filter(({ value }) => value?.includes('-')).length;
    expect(claims(({ table }) => table === 'Headlines')).toHaveLength(
      rows('headlines') + ranges - 6,
    );
    expect(claims(({ table }) => table === 'Han 2015, per-layer tables')).toHaveLength(
      rows('pruned-densities'),
    );
  });

  it('has an error for each modelled figure, and a reason for each that is not', () => {
    for (const { modelled, published, error, basis, note } of validation.claims) {
      expect(Number.isFinite(published)).toBe(true);
      if (modelled === null) expect([basis, error, note !== null]).toEqual(['none', null, true]);
      else expect(error).toBe(modelled / published - 1);
    }
  });

  it.each(['i7-5930k', 'titan-x', 'tegra-k1'])(
    '%s: half of its 36 times within 0.2, of its 24 powers within 0.15',
    (device) => {
      const of = (name: string) =>
        claims(({ table, claim }) => table === name && claim.startsWith(device));
      expect(of('EIE, Table IV')).toHaveLength(36);
      expect(medianError(of('EIE, Table IV'))).toBeLessThanOrEqual(0.2);
      expect(of('Deep Compression, Table 9')).toHaveLength(24);
      expect(medianError(of('Deep Compression, Table 9'))).toBeLessThanOrEqual(0.15);
    },
  );

  it.each(fittedDevices)(
    '$device states the values that the fit finds',
    ({ device, efficiencies, powers }) => {
      const numbers = validation.fitted.filter(
        ({ hardware, refitted }) => hardware === device && refitted !== null,
      );
      expect(numbers.map(({ number }) => number).sort()).toEqual(
        [...efficiencies.map(({ number }) => number), ...powers].sort(),
      );
      for (const { figure, refitted } of numbers)
        expect(figure.value).toBeWithin(0.01, refitted ?? Number.NaN);
    },
  );

  it.each(fittedDevices)('$device has at most five fitted efficiencies', ({ device, powers }) => {
    const fitted = validation.fitted
      .filter(({ hardware }) => hardware === device)
      .map(({ number }) => number);
    expect(fitted.filter((number) => !powers.includes(number)).length).toBeLessThanOrEqual(5);
  });

  it.each(fittedDevices)(
    '$device: half of the times within 0.2 and of the powers within 0.15 on layers that the fit did not see',
    ({ device }) => {
      const heldOut = (name: string) =>
        claims(({ table, claim }) => table === name && claim.startsWith(device)).map(
          ({ heldOutError }) => Math.abs(heldOutError ?? Number.NaN),
        );
      expect(heldOut('EIE, Table IV')).toHaveLength(36);
      expect(median(heldOut('EIE, Table IV'))).toBeLessThanOrEqual(0.2);
      expect(heldOut('Deep Compression, Table 9')).toHaveLength(24);
      expect(median(heldOut('Deep Compression, Table 9'))).toBeLessThanOrEqual(0.15);
    },
  );

  const biasOf = (row: readonly Claim[]) =>
    geometricMean(row.map(({ error }) => 1 + (error ?? Number.NaN))) - 1;

  it.each([
    ['i7-5930k', 'dense', 1, 0.3],
    ['i7-5930k', 'sparse', 1, 0.06],
    ['i7-5930k', 'dense', 64, 0.06],
    ['i7-5930k', 'sparse', 64, 0.06],
    ['titan-x', 'dense', 1, 0.02],
    ['titan-x', 'sparse', 1, 0.12],
    ['titan-x', 'dense', 64, 0.05],
    ['titan-x', 'sparse', 64, 0.15],
    ['tegra-k1', 'dense', 1, 0.06],
    ['tegra-k1', 'sparse', 1, 0.07],
    // The published times of GEMM on Tegra K1 follow no model: see the model's README.
    ['tegra-k1', 'dense', 64, 0.65],
    ['tegra-k1', 'sparse', 64, 0.09],
  ] as const)(
    '%s, %s, batch %d: half of the nine times within %d; the watts unbiased within 0.07',
    (...key) => {
      const [device, kernel, batch, bound] = key;
      const row = (name: string) =>
        claims(
          ({ table, claim }) =>
            table === name && claim.startsWith(`${device} ${kernel} batch ${batch}, `),
        );
      expect(row('EIE, Table IV')).toHaveLength(9);
      expect(medianError(row('EIE, Table IV'))).toBeLessThanOrEqual(bound);
      expect(row('Deep Compression, Table 9')).toHaveLength(6);
      expect(Math.abs(biasOf(row('Deep Compression, Table 9')))).toBeLessThanOrEqual(0.07);
    },
  );

  it.each(['i7-5930k', 'titan-x', 'tegra-k1'])(
    '%s is neither fast nor hungry at dense, batch 1, by more than 0.02 in the geometric mean',
    (device) => {
      for (const name of ['EIE, Table IV', 'Deep Compression, Table 9']) {
        const row = claims(
          ({ table, claim }) => table === name && claim.startsWith(`${device} dense batch 1, `),
        );
        expect(Math.abs(biasOf(row))).toBeLessThanOrEqual(0.02);
      }
    },
  );

  it('the six headline ratios are within 10 %, with the paper’s own baselines and with the modelled ones', () => {
    const ratios = claims(
      ({ table, claim }) => table === 'EIE, headline ratios' && claim.endsWith('baseline'),
    );
    expect(ratios).toHaveLength(12);
    for (const { claim, error } of ratios)
      expect([claim, Math.abs(error ?? 1) <= 0.1]).toEqual([claim, true]);
  });

  it('28 nm, 256 PEs: throughput, power and area within 15 %', () => {
    for (const unit of ['frames/s', 'W', 'mm²']) {
      expect(Math.abs(one(`EIE 256PE, ${unit}`).error ?? 1)).toBeLessThanOrEqual(0.15);
    }
  });

  it('EIE: half of the actual times within 10 %, of actual over theoretical within 5 %', () => {
    const actual = claims(({ claim }) => claim.startsWith('eie-64 actual batch 1'));
    expect(actual).toHaveLength(9);
    expect(medianError(actual)).toBeLessThanOrEqual(0.1);
    const ratios = claims(({ claim }) => claim.startsWith('eie-64 actual over theoretical'));
    expect(ratios).toHaveLength(9);
    expect(medianError(ratios)).toBeLessThanOrEqual(0.05);
  });

  it('EIE: power and area within 5 %', () => {
    expect(Math.abs(one('EIE power 64 PE').error ?? 1)).toBeLessThanOrEqual(0.05);
    expect(Math.abs(one('EIE area 64 PE').error ?? 1)).toBeLessThanOrEqual(0.05);
  });

  it('EIE: every trend of the paper’s text holds', () => {
    const trends = claims(({ unit }) => unit === 'holds');
    expect(trends.length).toBeGreaterThanOrEqual(5);
    expect(trends.filter(({ modelled }) => modelled !== 1)).toEqual([]);
    expect(one('energy-optimal Spmat SRAM width on AlexNet').modelled).toBe(64);
  });

  it('sums up by table: medians and worst cases are those of its figures', () => {
    for (const {
      table,
      basis,
      figures,
      medianAbsoluteError,
      percentile90AbsoluteError,
      worst,
    } of validation.summaries) {
      expect(figures).toBeGreaterThan(0);
      expect(medianAbsoluteError).toBeLessThanOrEqual(percentile90AbsoluteError);
      expect(percentile90AbsoluteError).toBeLessThanOrEqual(Math.abs(worst.error ?? Number.NaN));
      expect([worst.table, worst.basis]).toEqual([table, basis]);
    }
  });
});

describe('zeroskip validate', () => {
  it('gives claim, source, unit, published, modelled and error as JSON', async () => {
    const { code, stdout } = await zeroskip(['validate', '--format', 'json', '--quiet']);
    expect(code).toBe(0);
    const rows = JSON.parse(stdout) as readonly Record<string, unknown>[];
    expect(rows).toHaveLength(validation.claims.length);
    for (const row of rows) {
      for (const key of ['claim', 'source', 'unit', 'published', 'modelled', 'error'])
        expect(row).toHaveProperty(key);
    }
  });

  it('names the worst figure of each table, beside it or, in a narrow terminal, below', () => {
    const view = validationView(validation, { claims: false });
    const shown = (columns: number) => renderers.table(view, { columns, color: false });
    expect(shown(160)).toMatch(/tegra-k1 +fitted .*tegra-k1 dense batch 64, VGG-6 \+\d+/);
    expect(shown(80)).toMatch(/Worst figures[\s\S]*tegra-k1 dense batch 64, VGG-6 +\+\d+/);
    for (const columns of [80, 160]) {
      for (const line of shown(columns).split('\n'))
        expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  // All measurements again, each device left out in turn: a minute, longer on a busy machine.
  it('docs/validation.md is what `npm run docs` makes now', () => {
    const measured = { measurements: validateMeasurements(), leftOut: validateLeftOut() };
    const view = validationView(validation, { claims: true, ...measured });
    expect(readFileSync('docs/validation.md', 'utf8')).toBe(
      renderers.markdown(view, { columns: 80, color: false }),
    );
  }, 240_000);
});

describe('the README', () => {
  it('counts the published figures', () => {
    expect(readFileSync('README.md', 'utf8').replace(/\s+/g, ' ')).toContain(
      `lists all ${validation.claims.length} published figures`,
    );
  });

  it('states the errors that the models have', () => {
    const rows = [
      ...readFileSync('README.md', 'utf8').matchAll(
        /^\| `([\w-]+)`, ([\w ]+) \|[^|]+\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm,
      ),
    ];
    expect(rows).toHaveLength(8);
    for (const [, device = '', what = '', ...stated] of rows) {
      const belongs: Readonly<Record<string, (claim: Claim) => boolean>> = {
        time: ({ table, claim }) =>
          table === 'EIE, Table IV' && claim.startsWith(device) && !claim.includes('theoretical'),
        'time over theoretical': ({ claim }) =>
          claim.startsWith(`${device} actual over theoretical`),
        power: ({ table, claim }) =>
          table === 'Deep Compression, Table 9' && claim.startsWith(device),
      };
      const some = claims(belongs[what] ?? (() => false));
      const heldOut = some.flatMap(({ heldOutError }) =>
        heldOutError === null ? [] : [Math.abs(heldOutError)],
      );
      const worst = some.reduce((a, b) =>
        Math.abs(b.error ?? 0) > Math.abs(a.error ?? 0) ? b : a,
      );
      const percent = (error: number, digits: number) =>
        `${(100 * Math.abs(error)).toFixed(digits)} %`;
      expect([device, what, ...stated]).toEqual([
        ...[device, what, `${some.length}`, percent(medianError(some), 1)],
        heldOut.length > 0 ? percent(median(heldOut), 1) : '–',
        `${worst.claim} ${(worst.error ?? 0) < 0 ? '−' : '+'}${percent(worst.error ?? 0, 0)}`,
      ]);
    }
  });
});
