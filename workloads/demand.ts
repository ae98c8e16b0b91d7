// The demands of operators on hardware. Families see demands and never an operator's name. Counts
// are per frame.

/** [channels, height, width] of one image. */
export type Image = readonly [channels: number, height: number, width: number];

export type Pair = readonly [vertical: number, horizontal: number];

/** Pixels of padding around an image. */
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

/** 'relu6' is a ReLU that also stops at 6. */
export type Activation = 'relu' | 'relu6' | 'none';

/**
 * Arithmetic by class: a comparison counts as an addition, a power, logarithm, root or error
 * function as an exponential.
 */
export interface Operations {
  readonly add: number;
  readonly multiply: number;
  readonly exponential: number;
  readonly divide: number;
}

/**
 * `matrices` products of [rows × depth] activations with [depth × columns]: weights that all rows
 * share, or, where `right` says so, other activations. A fully connected layer of one position has
 * one row.
 */
export interface ProductDemand {
  readonly kind: 'product';
  readonly matrices: number;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly right: 'weights' | 'activations';
  /**
   * Bits of each activation that is multiplied by, where it lies narrower in memory than a kernel
   * multiplies it: keys and values of a cache.
   */
  readonly rightBits?: number;
  readonly bias: boolean;
  readonly activation: Activation;
}

/**
 * A mixture of experts' product: each of `tokens` vectors with `choices` of `experts` matrices of
 * weights, [depth × columns], which are chosen as it runs. How many different ones a pass meets
 * depends on all tokens of its batch ({@link expectedExperts}).
 */
export interface RoutedDemand {
  readonly kind: 'routed';
  readonly experts: number;
  readonly choices: number;
  readonly tokens: number;
  /** Of a token: one that all its experts read, or one for each of them. */
  readonly vectors: number;
  readonly depth: number;
  readonly columns: number;
}

/**
 * Different experts that so many tokens meet on average, each choosing `choices` of them with equal
 * chances and no regard to other tokens: E · (1 − (1 − k/E)^tokens).
 */
export function expectedExperts(
  { experts, choices }: Pick<RoutedDemand, 'experts' | 'choices'>,
  tokens: number,
): number {
  return experts * (1 - (1 - choices / experts) ** tokens);
}

/** A convolution of `images` images of one frame, 2 spatial axes. */
export interface ConvolutionDemand {
  readonly kind: 'convolution';
  readonly images: number;
  readonly input: Image;
  readonly output: Image;
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Pixels from one tap to the next. */
  readonly dilation: Pair;
  readonly pad: Padding;
  readonly groups: number;
  readonly bias: boolean;
  readonly activation: Activation;
}

/** Rows of a table of weights, looked up by number. */
export interface EmbeddingDemand {
  readonly kind: 'embedding';
  readonly lookups: number;
  readonly width: number;
  /** Rows of the table. */
  readonly entries: number;
}

/** Elements read and written with a little arithmetic in between. */
export interface StreamDemand {
  readonly kind: 'stream';
  /** Elements of all inputs. */
  readonly inputs: number;
  /** Elements looked at: a window that slides looks at most of them several times. */
  readonly looks: number;
  /**
   * How often all that is looked at passes by: 2 where a sum over it comes before what it is used
   * for.
   */
  readonly passes: number;
  readonly outputs: number;
  /** Of all outputs together. */
  readonly operations: Operations;
}

/** Elements that change their place. */
export interface MoveDemand {
  readonly kind: 'move';
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * A recurrent layer: in each step a product of the input and one of the state, then `operations` on
 * the gates.
 */
export interface RecurrentDemand {
  readonly kind: 'recurrent';
  readonly directions: number;
  readonly steps: number;
  /** Sequences side by side. */
  readonly sequences: number;
  readonly inputs: number;
  readonly hidden: number;
  /** Rows of the weight matrices over `hidden`: 4 of an LSTM, 3 of a GRU, 1 of a plain cell. */
  readonly gates: number;
  /** Of all steps and directions together, the products' own left out. */
  readonly operations: Operations;
}

/** What nobody here implements: its bytes pass by, its arithmetic is not known. */
export interface OpaqueDemand {
  readonly kind: 'opaque';
  /** As the file names it. */
  readonly operator: string;
  readonly inputs: number;
  readonly outputs: number;
}

export type Demand =
  | ProductDemand
  | RoutedDemand
  | ConvolutionDemand
  | EmbeddingDemand
  | StreamDemand
  | MoveDemand
  | RecurrentDemand
  | OpaqueDemand;

/** Multiply-accumulates of one frame, zeros included. */
export function denseMacsOf(demand: Demand): number {
  switch (demand.kind) {
    case 'product':
      return demand.matrices * demand.rows * demand.depth * demand.columns;
    case 'routed':
      return demand.tokens * demand.choices * demand.depth * demand.columns;
    case 'convolution': {
      const [channels, height, width] = demand.output;
      const taps = demand.kernel[0] * demand.kernel[1];
      return demand.images * channels * height * width * (demand.input[0] / demand.groups) * taps;
    }
    case 'recurrent': {
      const { directions, steps, sequences, gates, hidden, inputs } = demand;
      return directions * steps * sequences * gates * hidden * (inputs + hidden);
    }
    default:
      return 0;
  }
}

export const noOperations: Operations = { add: 0, multiply: 0, exponential: 0, divide: 0 };

/** So many of an operation for each of `count` outputs. */
export function operationsEach(count: number, each: Partial<Operations>): Operations {
  const { add = 0, multiply = 0, exponential = 0, divide = 0 } = each;
  return {
    add: add * count,
    multiply: multiply * count,
    exponential: exponential * count,
    divide: divide * count,
  };
}

/** An element-wise pass: every input looked at once. */
export function streamOf(inputs: number, outputs: number, operations: Operations): StreamDemand {
  return { kind: 'stream', inputs, looks: inputs, passes: 1, outputs, operations };
}
