// Parses the workload of a measurement: a product, a sparse product, a convolution or a whole
// network.

/** Algorithms of a convolution that libraries name. */
export type Algorithm = 'implicit-gemm' | 'winograd' | 'fft';

/** [rows × depth] weights times [depth × columns]. */
export interface ProductWork {
  readonly kind: 'GEMM' | 'sparse' | 'structured' | 'batched GEMM';
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Products in one call. */
  readonly matrices: number;
  /** Of the weights; 0 where the work is dense. */
  readonly sparsity: number;
}

export interface ConvolutionWork {
  readonly kind: 'convolution';
  readonly input: readonly [channels: number, height: number, width: number];
  readonly filters: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pad: readonly [number, number];
  readonly groups: number;
  /** As the table names it; null where it does not. */
  readonly algorithm: Algorithm | null;
}

export interface NetworkWork {
  readonly kind: 'network';
  /** In small letters, signs and blanks left out: 'resnet50v15'. */
  readonly name: string;
  /** Pixels along a side of the picture; null where the table does not say. */
  readonly size: number | null;
  /** Whether the name says that it computes in 8-bit integers. */
  readonly int8: boolean;
}

/**
 * What a decoder did: 'prefill 512', 'prefill 8 after 512', 'decode after 512', or 'answer
 * 512+128', which is both.
 */
export interface DecoderWork {
  readonly kind: 'decoder';
  /** Of the zoo. */
  readonly name: string;
  /** Tokens of the prompt; 0 where only later passes are timed. */
  readonly prompt: number;
  /** Tokens that the later passes make, one each. */
  readonly tokens: number;
  /** Tokens before the first of them. */
  readonly context: number;
  /** Tokens before the prompt, of which it is a part. */
  readonly before?: number;
}

export type Work = (ProductWork | ConvolutionWork | NetworkWork | DecoderWork) & {
  /** The library or framework behind the slash: 'TensorRT', 'cuDNN 5.1'; '' where none is named. */
  readonly runtime: string;
};

const NUMBER = '(\\d{1,7})';

/** GEMM and what is like it: M×N×K, M rows of weights and N columns of activations. */
const product = new RegExp(`^(?:best )?(.*?) ?${NUMBER}x${NUMBER}x${NUMBER}\\b(.*)$`, 'i');

const convolution = new RegExp(
  `^conv ${NUMBER}x${NUMBER}x${NUMBER} -> ${NUMBER}, ${NUMBER}x${NUMBER}, stride ${NUMBER}/${NUMBER}, pad ${NUMBER}/${NUMBER}(?:, groups ${NUMBER})?\\s*$`,
);

/** convnet-benchmarks' layers: stride 1, no padding. */
const bareConvolution = new RegExp(
  `^conv(?: L\\d)? \\[${NUMBER}, ${NUMBER}, ${NUMBER}\\]x${NUMBER} ${NUMBER}x${NUMBER}$`,
);

const linear = new RegExp(`^linear ${NUMBER}->${NUMBER}, ${NUMBER} rows, (dense|2:4)$`);

const decoding =
  /^([\w.-]+) (prefill|decode after|answer) (\d{1,6})(?:\+(\d{1,6}))?(?: after (\d{1,6}))?$/;

const attention = new RegExp(`^attention (scores|values) ${NUMBER} heads ${NUMBER}x${NUMBER}$`);

/** Null where the text is none of these: then it may be a network's name, or nothing known here. */
export function workOf(text: string): Work | null {
  const [head = '', ...behind] = withoutBrackets(text).split(' / ');
  const runtime = behind.join(' / ').trim();
  const bracket = /\[([^\]]*)\]\s*$/.exec(text)?.[1] ?? '';
  const plain = head.trim();
  const read =
    productOf(plain) ?? convolutionOf(plain, `${bracket} ${runtime}`) ?? decoderOf(plain);
  if (read) return { ...read, runtime };
  return { ...networkOf(head.trim()), runtime: runtime || runtimeIn(head) };
}

/** What stands in brackets at the end is the tables' own remark. */
const withoutBrackets = (text: string) => text.replace(/\s*\[[^\]]*\]\s*$/, '');

const runtimeIn = (head: string) => (/benchncnn/.test(head) ? 'ncnn' : '');

function productOf(text: string): ProductWork | null {
  const inWords = linear.exec(text);
  if (inWords) {
    const [depth = 0, rows = 0, columns = 0] = inWords.slice(1, 4).map(Number);
    const sparse = inWords[4] === '2:4';
    const kind = sparse ? 'structured' : 'GEMM';
    return { kind, rows, columns, depth, matrices: 1, sparsity: sparse ? 0.5 : 0 };
  }
  const ofHeads = attention.exec(text);
  if (ofHeads) {
    const [matrices = 0, tokens = 0, width = 0] = ofHeads.slice(2, 5).map(Number);
    const [rows, depth] = ofHeads[1] === 'scores' ? [tokens, width] : [width, tokens];
    return { kind: 'batched GEMM', rows, columns: tokens, depth, matrices, sparsity: 0 };
  }
  const found = product.exec(text);
  if (!found) return null;
  const [, word = '', , , , rest = ''] = found;
  const [rows = 0, columns = 0, depth = 0] = found.slice(2, 5).map(Number);
  const sizes = { rows, columns, depth, matrices: 1 };
  if (!(rows > 0 && columns > 0 && depth > 0)) return null;
  const share = Number(/sparsity (0?\.\d+)/.exec(rest)?.[1] ?? 0);
  switch (word.toLowerCase()) {
    case 'gemm':
    case 'cublas':
      return { kind: 'GEMM', ...sizes, sparsity: 0 };
    case 'cusparse':
    case 'spmm':
      return share > 0 && share < 1 ? { kind: 'sparse', ...sizes, sparsity: share } : null;
    case '2:4':
    case '2:4 gemm':
      return { kind: 'structured', ...sizes, sparsity: 0.5 };
    default:
      return null;
  }
}

function convolutionOf(text: string, named: string): ConvolutionWork | null {
  const found = convolution.exec(text);
  const bare = bareConvolution.exec(text);
  const numbers = (found ?? bare)?.slice(1).map((each) => Number(each ?? 1));
  if (!numbers) return null;
  const [channels = 0, height = 0, width = 0, filters = 0, ky = 0, kx = 0, ...rest] = numbers;
  const [sy = 1, sx = 1, py = 0, px = 0, groups = 1] = found ? rest : [];
  const outside = ky > height + 2 * py || kx > width + 2 * px;
  const isEmpty = [channels, height, width, filters, ky, kx, sy, sx, groups].includes(0);
  if (outside || isEmpty || channels % groups !== 0 || filters % groups !== 0) return null;
  return {
    kind: 'convolution',
    ...{ input: [channels, height, width], filters, kernel: [ky, kx] },
    ...{ stride: [sy, sx], pad: [py, px], groups, algorithm: algorithmIn(named) },
  };
}

function decoderOf(text: string): DecoderWork | null {
  const found = decoding.exec(text);
  const [, name = '', what, count = '', more, before] = found ?? [];
  const first = Number(count);
  if (before !== undefined && what !== 'prefill') return null;
  // The pass over the prompt makes the answer's first token.
  if (what === 'answer') {
    const tokens = Number(more ?? 0) - 1;
    return tokens < 0 || first < 1
      ? null
      : { kind: 'decoder', name, prompt: first, tokens, context: first };
  }
  if (more !== undefined || first < 1) return null;
  if (what === 'prefill')
    return {
      ...{ kind: 'decoder', name, prompt: first, tokens: 0, context: first },
      ...(before === undefined ? {} : { before: Number(before) }),
    };
  return what ? { kind: 'decoder', name, prompt: 0, tokens: 1, context: first } : null;
}

function algorithmIn(text: string): Algorithm | null {
  // Torch's own tables say only that it was one of the two.
  if (/FFT\/Winograd/i.test(text)) return null;
  if (/WINOGRAD/i.test(text)) return 'winograd';
  if (/FFT/i.test(text)) return 'fft';
  return /GEMM/i.test(text) ? 'implicit-gemm' : null;
}

function networkOf(head: string): NetworkWork {
  const text = head.replace(/\(benchncnn[^)]*\)/, '').trim();
  const size = /\(?\b(\d{2,4})\)?$/.exec(text);
  const ofPicture = size && Number(size[1]) >= 96 ? size : null;
  const name = (ofPicture ? text.slice(0, ofPicture.index) : text).toLowerCase();
  return {
    kind: 'network',
    name: name.replace(/[_-]int8\b/, '').replace(/[^a-z0-9]/g, ''),
    size: ofPicture ? Number(ofPicture[1]) : null,
    int8: /int8/.test(name),
  };
}
