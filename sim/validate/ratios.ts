// EIE, Figures 6 and 7: speed-up and energy efficiency over the CPU's dense kernel at batch 1, and
// the headlines made of them.

import { geometricMean } from 'simple-statistics';
import { type Claim, cell, claim, type Tables } from './claims.js';
import { benchmarkLayers, type Lab } from './lab.js';

/** The figures' series by what they run here. */
const series: Readonly<Record<string, readonly [hardware: string, kernel: string]>> = {
  'cpu sparse': ['i7-5930k', 'sparse'],
  'gpu dense': ['titan-x', 'dense'],
  'gpu sparse': ['titan-x', 'sparse'],
  'mgpu dense': ['tegra-k1', 'dense'],
  'mgpu sparse': ['tegra-k1', 'sparse'],
  eie: ['eie-64', 'sparse'],
};

const baseline = ['i7-5930k', 'dense'] as const;

/** The bar labels, with modelled baselines throughout. */
export function figureClaims(lab: Lab, tables: Tables): readonly Claim[] {
  return tables('eie-figures-6-7').flatMap((row) => {
    const { figure = '', series: name = '' } = row;
    const [hardware, kernel] = series[name] ?? ['', ''];
    const measure = figure === '6' ? lab.seconds : lab.joules;
    const ratios = benchmarkLayers.map(
      (layer) => measure(...baseline, 1, layer) / measure(hardware, kernel, 1, layer),
    );
    const source = `EIE, Figure ${figure}`;
    const rowOf = (what: string, column: string, modelled: number) =>
      claim(
        source,
        {
          claim: `${name}, ${what}`,
          source,
          unit: 'ratio',
          published: cell(row, column) ?? Number.NaN,
        },
        ...([modelled, 'fitted'] as const),
      );
    return [
      ...benchmarkLayers.map((layer, at) => rowOf(layer, layer, ratios[at] as number)),
      rowOf('geomean', 'geomean', geometricMean(ratios)),
    ];
  });
}

/**
 * Watts that the paper's Figure 7 charges EIE: label = CPU joules / (0.6 W × EIE's time), exact on
 * six layers with Deep Compression's CPU powers. EIE's time is Figure 6's, not Table IV's: of NT-We
 * and NT-LSTM the two differ, and only Figure 6's gives the other series' devices the power that
 * they draw elsewhere.
 */
const FIGURE_7_WATTS = 0.6;

/** The six headline ratios, against the modelled baselines and against the paper's own. */
export function headlineRatioClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const headlines = tables('headlines');
  const wallclock = tables('eie-wallclock-us');
  const labels = (figure: string, name: string) =>
    row(tables('eie-figures-6-7'), { figure, series: name });
  const row = (
    rows: readonly Readonly<Record<string, string>>[],
    match: Readonly<Record<string, string>>,
  ) =>
    rows.find((candidate) =>
      Object.entries(match).every(([key, value]) => candidate[key] === value),
    ) ?? {};
  const number = (of: Readonly<Record<string, string>>, name: string) =>
    cell(of, name) ?? Number.NaN;

  const eieSeconds = (layer: string) =>
    1e-6 * number(row(wallclock, { platform: 'eie-64', kernel: 'actual' }), layer);
  const publishedSeconds = (platform: string, layer: string) =>
    1e-6 * number(row(wallclock, { platform, kernel: 'dense', batch: '1' }), layer);
  const cpuWatts = (layer: string) =>
    (FIGURE_7_WATTS * number(labels('7', 'eie'), layer)) / number(labels('6', 'eie'), layer);
  const cpuJoules = (layer: string) => cpuWatts(layer) * publishedSeconds('i7-5930k', layer);
  const publishedJoules = (name: string, layer: string) =>
    name === 'cpu'
      ? cpuJoules(layer)
      : cpuJoules(layer) / number(labels('7', `${name} dense`), layer);

  const platforms = [
    { name: 'cpu', words: 'CPU', hardware: 'i7-5930k' },
    { name: 'gpu', words: 'GPU', hardware: 'titan-x' },
    { name: 'mgpu', words: 'mobile GPU', hardware: 'tegra-k1' },
  ];
  const eie = ['eie-64', 'sparse', 1] as const;
  return platforms.flatMap(({ name, words, hardware }) => {
    const mean = (of: (layer: string) => number) => geometricMean(benchmarkLayers.map(of));
    const kinds = [
      {
        words: `speed-up over ${words} dense`,
        modelled: mean(
          (layer) => lab.seconds(hardware, 'dense', 1, layer) / lab.seconds(...eie, layer),
        ),
        againstPaper: mean(
          (layer) => publishedSeconds(hardware, layer) / lab.seconds(...eie, layer),
        ),
        tableIv: mean((layer) => publishedSeconds(hardware, layer) / eieSeconds(layer)),
      },
      {
        words: `energy efficiency over ${words} dense`,
        modelled: mean(
          (layer) => lab.joules(hardware, 'dense', 1, layer) / lab.joules(...eie, layer),
        ),
        againstPaper: mean((layer) => publishedJoules(name, layer) / lab.joules(...eie, layer)),
        tableIv: null,
      },
    ];
    return kinds.flatMap((kind) => {
      const found =
        headlines.find(({ claim: text = '' }) => text.startsWith(`EIE ${kind.words}`)) ?? {};
      const published = {
        source: found.source ?? '',
        unit: 'ratio',
        published: number(found, 'value'),
      };
      const table = 'EIE, headline ratios';
      return [
        claim(
          table,
          { claim: `EIE ${kind.words}, modelled baseline`, ...published },
          kind.modelled,
          'fitted',
        ),
        claim(
          table,
          { claim: `EIE ${kind.words}, the paper's baseline`, ...published },
          kind.againstPaper,
          'predicted',
        ),
        ...(kind.tableIv === null
          ? []
          : [tableIvClaim(table, kind.words, kind.tableIv, kind.againstPaper)]),
      ];
    });
  });
}

/** The same ratio as Table IV's times give it, which is not what Figure 6 prints. */
function tableIvClaim(table: string, words: string, published: number, modelled: number): Claim {
  const figure = {
    claim: `EIE ${words}, by Table IV`,
    source: 'EIE, Table IV, computed',
    unit: 'ratio',
    published,
  };
  return claim(
    table,
    figure,
    modelled,
    'predicted',
    "with the paper's baseline: EIE's own times, at rounded densities",
  );
}
