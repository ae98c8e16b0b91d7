// The glossary of reports: the same terms and meanings as docs/glossary.md.

/** Words of one meaning with commas between, and what they mean; in the order of the alphabet. */
export const glossary: readonly (readonly [words: string, meaning: string])[] = [
  ['activation', 'a value between layers; the output of one layer and the input of the next'],
  ['activation density', "the share of a layer's input values that are not zero"],
  ['baseline', 'the first device of a comparison; ratios are relative to it'],
  ['batch', 'the frames that run together and share the weights'],
  [
    'bound by',
    'where most of the time goes: `compute`, `memory`, `latency` (starting the work) or `imbalance` (waiting for the slowest unit)',
  ],
  ['break-even', 'the density or batch at which one device or kernel starts to beat another'],
  [
    'codebook',
    'a table of shared weights; each weight is stored as an index into it (Deep Compression)',
  ],
  [
    'CSC, CSR',
    'compressed sparse columns, compressed sparse rows: non-zero values with their positions',
  ],
  ['density', 'the share of values that are not zero; 1 is dense'],
  [
    'device, hardware',
    'the machine that a network runs on: a preset, a file of your own, or `host`',
  ],
  ['EDP', 'energy-delay product: joules times seconds; lower is better'],
  ['effective MACs, effective', 'multiplications in which neither weight nor activation is zero'],
  ['energy saving', 'baseline energy ÷ energy; higher is better'],
  [
    'executor',
    "the software that runs a network on this machine: zeroskip's engine, TensorFlow.js or ONNX Runtime",
  ],
  [
    'fitted, layer-out',
    'a constant chosen to reproduce published figures; the error on a layer that was left out of the fit',
  ],
  [
    'fully connected',
    'a layer in which every output depends on every input; computed as a matrix-vector or matrix-matrix product (GEMV, GEMM)',
  ],
  ['GEMM', 'general matrix-matrix multiplication'],
  ['host', 'this machine, measured; `host-model` is its model'],
  ['im2col', 'computing a convolution as a matrix product, with its windows copied into columns'],
  ['known error', 'the median error of a model against published figures'],
  ['KV cache', 'the keys and values of all tokens so far; attention reads them for each new token'],
  ['launch', 'starting a kernel on a GPU; takes a fixed time'],
  ['lnzd', "leading non-zero detection: EIE's logic tree that finds the next non-zero activation"],
  ['MAC', 'one multiplication and one addition'],
  ['modelled, measured', 'computed by a model, or measured in a run on this machine'],
  ['N:M', 'at most N of every M consecutive weights in a row are not zero, such as 2:4'],
  ['occupancy', 'resident warps as a share of the maximum that a GPU can hold'],
  ['Pareto front', 'the designs that no other design beats in every objective'],
  ['PE', "processing element: one of an accelerator's parallel units"],
  ['pointer read', "EIE reading where a column's weights begin and end"],
  [
    'prefill, decode',
    'processing a prompt, all tokens at once; generating an answer, one token at a time',
  ],
  ['real, synthetic', 'from a file, or random from a seed at published densities'],
  ['ReLU', 'max(0, x); turns negative activations into zeros'],
  [
    'roofline',
    'the highest rate that compute and memory bandwidth allow at a given number of operations per byte',
  ],
  [
    'row-stationary, weight-stationary, output-stationary',
    'the dataflow: which values stay in a PE while the others move',
  ],
  ['speed-up', 'baseline time ÷ time; higher is better'],
  ['SRAM, DRAM', 'on-chip memory, off-chip memory'],
  [
    'stream',
    'a layer without weights that reads and writes each element, such as pooling or softmax',
  ],
  ['TTFT', 'time to first token: processing the prompt and generating the first token'],
  ['wave tail, wave_tail', 'the last, partly filled round of thread blocks on a GPU'],
  [
    'Winograd',
    'F(2×2, 3×3) or F(4×4, 3×3): algorithms for 3×3 convolutions with fewer multiplications',
  ],
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
