// The words that reports use, as docs/glossary.md lists them.

/** Words of one meaning with commas between, and what they mean; in the order of the alphabet. */
export const glossary: readonly (readonly [words: string, meaning: string])[] = [
  ['activation', 'a value between layers; the output of one layer and the input of the next'],
  ['activation density', "the share of a layer's input values that are not zero"],
  ['baseline', 'the first device of a comparison; ratios are against it'],
  ['batch', 'frames that run together and share the weights'],
  [
    'bound by',
    'what most of the time is spent on: `compute`, `memory`, `latency` (starting the work) or `imbalance` (waiting for the slowest unit)',
  ],
  ['break-even', 'the density or batch at which one device or kernel begins to win over another'],
  [
    'codebook',
    'a table of shared weights; each weight is stored as an index into it (Deep Compression)',
  ],
  [
    'CSC, CSR',
    'compressed sparse columns, compressed sparse rows: non-zero values with their places',
  ],
  ['density', 'the share of values that are not zero; 1 is dense'],
  ['device, hardware', 'what a network runs on: a preset, a file of your own, or `host`'],
  ['EDP', 'energy-delay product: joules times seconds, less is better'],
  ['effective MACs, effective', 'multiplications whose weight and activation are both not zero'],
  ['energy saving', 'how many times less energy than the baseline; more is better'],
  [
    'executor',
    'what really runs a network on this machine: our engine, TensorFlow.js or ONNX Runtime',
  ],
  [
    'fitted, layer-out',
    'a constant chosen so that published figures come out; the error on a layer that the fit did not see',
  ],
  [
    'fully connected',
    'a layer in which every output depends on every input; a matrix-vector or matrix-matrix product (GEMV, GEMM)',
  ],
  ['GEMM', 'general matrix-matrix multiplication'],
  ['host', 'this machine, measured; `host-model` is the model of it'],
  ['im2col', 'a convolution as a matrix product, its windows laid out as columns'],
  ['known error', 'the median error of a model against published figures'],
  [
    'KV cache',
    'keys and values of the tokens so far, which attention reads again for each new token',
  ],
  ['launch', 'the start of a kernel on a GPU, which takes time whatever the work'],
  [
    'lnzd',
    "leading non-zero detection: EIE's tree that finds the next activation that is not zero",
  ],
  ['MAC', 'one multiplication and one addition'],
  ['modelled, measured', "a model's answer, or a run on this machine"],
  ['N:M', 'at most N of every M weights in a row are not zero, such as 2:4'],
  ['occupancy', "the share of a GPU's warps that are resident"],
  ['Pareto front', 'the designs that no other design beats in every objective'],
  ['PE', 'processing element: one of the parallel units of an accelerator'],
  ['pointer read', "EIE's read of where a column's weights begin and end"],
  [
    'prefill, decode',
    'reading a prompt, all its tokens at once; writing an answer, one token after another',
  ],
  ['real, synthetic', 'from a file, or drawn from a seed at published densities'],
  ['ReLU', 'max(0, x), which makes activations zero'],
  ['roofline', 'the rate that compute and memory bandwidth allow at a number of operations a byte'],
  [
    'row-stationary, weight-stationary, output-stationary',
    'which values stay in a PE while the others move past it',
  ],
  ['speed-up', 'how many times faster than the baseline; more is better'],
  ['SRAM, DRAM', 'memory on the chip, memory beside it'],
  ['stream', 'a layer that reads and writes every element and multiplies no weights'],
  ['TTFT', 'time to first token: reading the prompt and writing the first token'],
  ['wave tail, wave_tail', 'the last, partly filled round of thread blocks on a GPU'],
  ['Winograd', 'F(2×2, 3×3) or F(4×4, 3×3): a 3×3 convolution with fewer multiplications'],
];

export interface Entry {
  readonly words: readonly string[];
  readonly meaning: string;
}

const entries: readonly Entry[] = glossary.map(([words, meaning]) => ({
  words: words.split(', '),
  meaning,
}));

/** The entries of which a word stands in one of `texts`. */
export function wordsIn(texts: Iterable<string>): readonly Entry[] {
  const found = new Set<Entry>();
  const left = new Map(entries.map((entry) => [entry, patternOf(entry)]));
  for (const text of texts) {
    for (const [entry, pattern] of left) {
      if (!pattern.test(text)) continue;
      found.add(entry);
      left.delete(entry);
    }
  }
  return entries.filter((entry) => found.has(entry));
}

/** Abbreviations as they are written; other words also at the start of a sentence or in plural. */
function patternOf({ words }: Entry): RegExp {
  const forms = words.map((word) => {
    const text = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const first = text.charAt(0);
    return /[A-Z]/.test(text) ? text : `[${first}${first.toUpperCase()}]${text.slice(1)}`;
  });
  return new RegExp(`(?<![\\w-])(?:${forms.join('|')})s?(?![\\w-])`, 'u');
}
