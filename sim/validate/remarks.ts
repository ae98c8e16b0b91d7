// Why the worst figures are as far off as they are. Facts of the papers and of the authors' public
// benchmark code.

/** By the beginning of the claim's name; the first that fits counts. */
const times: readonly (readonly [claim: string, why: string])[] = [
  [
    'i7-5930k dense batch 1, NT-LSTM',
    '11.5 MB below an L3 of 15 MiB: repeated runs may find part of it there, the model lets data stay in half a cache',
  ],
  [
    'i7-5930k dense batch 1, Alex-7',
    'as slow as no other stream of its size; VGG-7 has the same shape and took 5373 µs',
  ],
  ['i7-5930k dense batch 1, VGG-8', 'Alex-8 has the same shape and took 1134.9 µs'],
  [
    'i7-5930k dense batch 64, Alex-6',
    'a third faster a multiplication than the median layer; its shape does not say why',
  ],
  ...['titan-x', 'tegra-k1'].map(
    (device) =>
      [
        `${device} sparse batch 64, NT-Wd`,
        "the authors' benchmark (RalphMao/EIE-simulator, cusparse/) gives CSRMM an output stride of 600 for 8791 rows",
      ] as const,
  ),
  [
    'titan-x sparse batch 1, VGG-6',
    '100 KB of activations miss the gather cache; the width of L2 is an estimate',
  ],
  [
    'titan-x sparse batch 64, VGG-6',
    'its activations miss the gather cache; the width of L2 is an estimate',
  ],
  ...['Alex-8', 'VGG-8', 'NT-We', 'NT-LSTM'].map(
    (layer) =>
      [
        `titan-x dense batch 64, ${layer}`,
        'few tiles: depends on which cuBLAS chose; the model takes the fastest',
      ] as const,
  ),
  [
    'tegra-k1 dense batch 64',
    'follows no model of shapes: Alex-6, Alex-7 and VGG-6 have 38, 17 and 103 M weights and took 107, 132 and 128 ms for 64 frames',
  ],
  [
    'eie-64 theoretical batch 1, Alex-8',
    'the published densities are rounded averages: no queue is in this figure',
  ],
  [
    'eie-64 theoretical batch 1, VGG-6',
    'the published densities are rounded averages: no queue is in this figure',
  ],
  [
    'eie-64 actual batch 1, Alex-8',
    'as its theoretical time: the published densities are rounded averages',
  ],
  [
    'eie-64 actual batch 1, VGG-6',
    'as its theoretical time: the published densities are rounded averages',
  ],
];

const powers: readonly (readonly [claim: string, why: string])[] = [
  [
    'titan-x sparse batch 1',
    'Alex-6, Alex-7 and VGG-6 drew 20 W more than by any other kernel, which neither gathers nor traffic of the model explain',
  ],
  ...['Alex-6', 'VGG-6'].map(
    (layer) =>
      [
        `tegra-k1 sparse batch 64, ${layer}`,
        'misses L2 in the model; the measured powers show no sign of that traffic',
      ] as const,
  ),
  ['i7-5930k dense batch 64, Alex-8', 'drew 14 W more than VGG-8, which has the same shape'],
  ['i7-5930k dense batch 64, VGG-7', 'drew 12 W more than Alex-7, which has the same shape'],
];

const remarkOf = (remarks: typeof times) => (claim: string) =>
  remarks.find(([start]) => claim.startsWith(start))?.[1] ?? null;

/** Of a figure of Table IV. */
export const timeRemark = remarkOf(times);
/** Of a figure of Table 9. */
export const powerRemark = remarkOf(powers);
