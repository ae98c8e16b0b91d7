// The one file that every hardware family implements and that sim/ reads.

import type { Patch } from 'immer';
import type { ZodType } from 'zod';
import type { Steps } from '../workloads/base/steps.js';
import type { Demand } from '../workloads/demand.js';
import type { LayerTask } from '../workloads/network.js';

export type Unit =
  | 'Hz'
  | 's'
  | 'J'
  | 'W'
  | 'B'
  | 'B/s'
  | 'mm2'
  | 'nm'
  | 'V'
  | 'bit'
  | 'cycles'
  | 'per cycle'
  | 'count'
  | 'ratio';

/**
 * Non-negative contributions by name. The whole is their sum, computed and never stored beside
 * them.
 */
export type Parts = Readonly<Record<string, number>>;

export type Provenance = 'paper' | 'datasheet' | 'measured' | 'fitted' | 'estimate';

/**
 * A number about hardware. `cite` is 'EIE, Table II, row SpmatRead', a data sheet's page, a
 * measuring run.
 */
export interface Figure {
  /** In `unit`, which is SI. */
  readonly value: number;
  readonly unit: Unit;
  /** As it stands in the preset, with the unit that its source uses: '4.955 mW'. */
  readonly published: string;
  readonly from: Provenance;
  readonly cite: string;
}

/**
 * A preset after reading: plain SI numbers for the model, each number's Figure by path for people.
 */
export interface Preset<Config> {
  readonly name: string;
  readonly title: string;
  readonly config: Config;
  readonly figures: ReadonlyMap<string, Figure>;
}

/**
 * The number formats that are multiplied; sums may have more bits. Of 'w8' and 'w4' weights alone
 * are narrow, 8 or 4 bits in blocks that share a scale, and widened on the way.
 */
export const precisions = ['fp32', 'fp16', 'bf16', 'fp8', 'int16', 'int8', 'w8', 'w4'] as const;
export type Precision = (typeof precisions)[number];

/** What can be asked of a device: a format, or the fastest of those that it has. */
export const precisionChoices = [...precisions, 'best'] as const;
export type PrecisionChoice = (typeof precisionChoices)[number];

export type Bound = 'compute' | 'memory' | 'imbalance' | 'latency';

/** Cycles that each of several like units worked on a layer, for the whole batch. */
export interface Load {
  /** 'PE' */
  readonly unit: string;
  readonly busyCycles: readonly number[];
  /** From the layer's start to its end. */
  readonly cycles: number;
}

/** A bandwidth that bounds multiply-accumulates a second by how many of them each byte serves. */
export interface Roof {
  /** 'DRAM' */
  readonly name: string;
  readonly bytesPerSecond: number;
  /** The meter that counts what passes, and the bytes of one count. */
  readonly meter: string;
  readonly bytesPerCount: number;
}

/**
 * A rate of arithmetic that bounds multiply-accumulates a second: of ordinary units, of matrix
 * units, by precision.
 */
export interface Ceiling {
  /** 'FP32' */
  readonly name: string;
  readonly macsPerSecond: number;
}

/** Peak rates; the first of each kind is what the ordinary kernels meet. */
export interface Peaks {
  readonly ceilings: readonly [Ceiling, ...Ceiling[]];
  readonly roofs: readonly [Roof, ...Roof[]];
}

/** How much a device holds, and where it reads what is left over. */
export interface Capacity {
  readonly bytes: number;
  /** Null where nobody says. */
  readonly beyond: { readonly name: string; readonly bytesPerSecond: number } | null;
}

/** Values of one operand that a memory hands out and takes in, over all its instances. */
export interface Access {
  /** As the family's meters and joules name it. */
  readonly memory: string;
  /** 'weights', 'inputs', 'outputs' */
  readonly operand: string;
  readonly reads: number;
  readonly writes: number;
  /** Of those, with whatever a format reads and writes along. */
  readonly readJoules: number;
  readonly writeJoules: number;
}

/** A part of a device, with what lies within it: what drawings and shares of use speak of. */
export interface Block {
  readonly name: string;
  readonly kind: 'memory' | 'arithmetic' | 'network' | 'other' | 'array';
  /** Instances side by side in what is around it. */
  readonly columns: number;
  readonly rows: number;
  /** Of one instance, what lies within left out; null where nobody knows. */
  readonly areaMm2: number | null;
  /** True for what the area of the chip leaves out. */
  readonly offChip?: boolean;
  /** Capacity of one instance of a memory, to scale of which a device without known areas is drawn. */
  readonly bytes?: number;
  /** What tells how far it is in use, where the model's `busy` does not. */
  readonly passes?: Passes;
  /** The parts of a layer's joules that are spent here. */
  readonly components: readonly string[];
  readonly inside: readonly Block[];
}

/** A counter, and how much of it all instances of a block together get done in a second. */
export interface Passes {
  readonly meter: string;
  /** By what is multiplied where it matters; unknown for what is left out. */
  readonly perSecond: number | Readonly<Partial<Record<Precision, number>>>;
}

/**
 * What one layer costs on modelled hardware, for the whole batch. A cost that nobody can know is
 * null, never 0.
 */
export interface LayerCost {
  readonly kernel: string;
  /** Of what is multiplied, filled in from the kernel. */
  readonly precision?: Precision;
  readonly clockHz: number;
  /** By cause: compute, starvation, memory, launch, … */
  readonly cycles: Parts;
  /** By component: spmat_read, arithmetic, dram, static, … */
  readonly joules: Parts | null;
  /**
   * Each declared in the family's `meters`. `macs` (multiply-accumulates executed) is always there.
   */
  readonly counters: Parts;
  /**
   * No time below this: the larger of MACs at peak rate, bytes at peak bandwidth and, where work is
   * dealt out, the fullest share.
   */
  readonly floorCycles: number;
  readonly bound: Bound;
  /** How evenly parallel units worked, where the model knows each of them. */
  readonly load?: Load;
  /**
   * Cycles in which the mean instance of a block was in use, by the blocks of the family's
   * `structure` whose uses the model counts and whose rate it knows.
   */
  readonly busy?: Parts;
  /** What passes each memory, where the model knows it by operand. */
  readonly accesses?: readonly Access[];
  /** How the layer lies on the hardware, in a line that a preset can give back. */
  readonly mapping?: string;
  /** What the reader must know: what did not fit, what was assumed. */
  readonly notes: readonly string[];
}

/**
 * Takes down what happens when in a layer's first frame, or in all frames where they run together.
 * Times are cycles from the layer's start.
 */
export interface Recorder {
  /** About as many slices as there is room for. */
  readonly room: number;
  /** Something takes `cycles` on a track; slices of one track never overlap. */
  slice(track: string, name: string, fromCycle: number, cycles: number): void;
  /** A quantity over time: its mean from `fromCycle` to the next level of that name. */
  level(name: string, fromCycle: number, value: number): void;
  /** What the reader must know: where the model knows a sum and no order. */
  note(text: string): void;
}

/**
 * A row of a family's kernel table. `cost` is pure: same task and config, same bits, on any
 * machine.
 */
export interface Kernel<Config> {
  readonly name: string;
  /** True for a kernel that serves what no named kernel accepts (streams and moves). */
  readonly fallback?: boolean;
  /**
   * True for a kernel that computes something else (other pruning): it serves only by name.
   */
  readonly optIn?: boolean;
  /**
   * What it multiplies; the family's own where left out. One of another precision than the family's
   * own serves by name, or where that precision is asked for.
   */
  readonly precision?: Precision;
  /** Whether a device of this config has what the kernel needs; without it every device has. */
  available?(config: Config): boolean;
  /**
   * Whether it can compute what is demanded. Products of several rows, recurrent layers, embeddings
   * and opaque operators that no kernel accepts are made of convolutions, products, moves and
   * streams (lowering.ts).
   */
  accepts(demand: Demand): boolean;
  /** What one layer costs, for the whole batch. */
  cost(task: LayerTask, config: Config, resident: Residency): LayerCost;
  /** What happens when, for a model that knows it. */
  record?(task: LayerTask, config: Config, resident: Residency, recorder: Recorder): void;
}

/** Whether a layer's weights stay on the chip between frames, and if not, what is missing. */
export interface Residency {
  readonly resident: boolean;
  /** True for what the layer before it does in passing: its result is still at hand. */
  readonly fused?: boolean;
  readonly notes: readonly string[];
}

/** Everything a counter's label needs, declared once. */
export interface Meter {
  readonly unit: Unit;
  readonly meaning: string;
}

/** What one event on a device costs, as energy reference tables (Accelergy's ERT) state it. */
export interface EnergyEvent {
  /** The preset's number that says so, or would replace what the model derives: 'energy.l2Byte'. */
  readonly path: string;
  /** The part of a layer's joules that it goes to. */
  readonly component: string;
  readonly action: string;
  /** How many such components the hardware has. */
  readonly instances: number;
  readonly joules: number;
}

/** A number of a preset that a designer turns first, with levels worth trying. */
export interface Dial {
  /** 'spmat.widthBits' */
  readonly path: string;
  /** 'words of the sparse-matrix SRAM' */
  readonly label: string;
  /** The unit of `levels`, as presets name it: 'MHz'. */
  readonly unit: string;
  /** From small to large. */
  readonly levels: readonly number[];
}

/** What a designer decides that is no number. */
export interface Switch {
  /** 'dataflows' */
  readonly path: string;
  readonly label: string;
  /** What a config may hold at `path`, as its schema has it. */
  readonly choices: readonly { readonly name: string; readonly value: unknown }[];
}

/**
 * The largest part of a layer that an estimate costs in the layer's place. What is left out of each
 * axis is taken to cost the same again.
 */
export interface PartLimits {
  /** Of the matrix of a fully connected layer, and of its outputs. */
  readonly weights: number;
  readonly outputs: number;
  /** Positions that share weights. */
  readonly rows: number;
  /** Of a convolution, its input and output channels and the pixels of its result, each way. */
  readonly channels: number;
  readonly filters: number;
  readonly extent: number;
}

/** A layer as estimates know it: without weights. */
export interface ExpectedLayer {
  readonly demand: Demand;
  /** Non-zero share of its weights. */
  readonly weightDensity: number;
}

/**
 * What a new accelerator writes: a file that `--plugin` or `registerFamily` takes or, in this
 * package, a folder in hw-models/ and a line in hw-models/catalog.ts.
 */
export interface Family<Config> {
  readonly name: string;
  readonly title: string;
  readonly schema: ZodType<Config>;
  /** The kernels in the order in which people should see them. */
  readonly kernels: readonly Kernel<Config>[];
  readonly meters: Readonly<Record<string, Meter>>;
  /** Further meters, of the parts that a config names. */
  metersOf?(config: Config): Readonly<Record<string, Meter>>;
  /** mm² by module; null where the area is not published. */
  area(config: Config): Parts | null;
  /** What it consists of, from the outside in; nobody draws a family without it. */
  structure?(config: Config): readonly Block[];
  /** What kernels multiply that say nothing else; fp32 where left out. */
  precision?(config: Config): Precision;
  /** Peak rates, for rooflines. */
  peaks?(config: Config): Peaks;
  /** Of main memory; null, or without it, where nobody knows. */
  capacity?(config: Config): Capacity | null;
  /** What to turn first; without it whatever the presets state. */
  readonly dials?: readonly Dial[];
  readonly switches?: readonly Switch[];
  /** Further switches, of the parts that a config names. */
  switchesOf?(config: Config): readonly Switch[];
  /** What single events cost; without it energy reference tables cannot be imported or exported. */
  events?(config: Config): readonly EnergyEvent[];
  /** See {@link Hardware.numericError}; without it nobody can know. */
  numericError?(task: LayerTask, config: Config): number | null;
  /**
   * What the first layer pays beside its own work, for the whole batch: what starts an inference
   * from outside.
   */
  perInference?(
    tasks: readonly LayerTask[],
    config: Config,
  ): { readonly cycles: Parts; readonly joules: Parts };
  /**
   * The same design with less looked for, for estimates: fewer mappings. Without it the design
   * itself.
   */
  roughly?(config: Config): Config;
  /**
   * What estimates cost of layers that multiply, for a model that follows each zero. Without it
   * they cost whole layers, whose zeros repeat those of a small piece.
   */
  readonly parts?: PartLimits;
  /** Which layers of a network keep their weights on the chip; without it all do. */
  place?(tasks: readonly LayerTask[], config: Config): readonly Residency[];
  /** {@link place} by expected numbers, for parts that estimates cost in their layers' place. */
  placeExpected?(layers: readonly ExpectedLayer[], config: Config): readonly Residency[];
}

/**
 * A family closed over one config, so that sim/ never meets a Config type. `vary` validates the
 * result again.
 */
export interface Hardware {
  readonly name: string;
  readonly title: string;
  readonly family: string;
  /** The kernels among which the fastest is taken where none is named. */
  readonly kernels: readonly string[];
  /** The kernels that serve only by name, or where their precision is asked for. */
  readonly optInKernels: readonly string[];
  /** What it can compute in, its own first: what serves where nothing is asked for. */
  readonly precisions: readonly [Precision, ...Precision[]];
  readonly meters: Readonly<Record<string, Meter>>;
  readonly figures: ReadonlyMap<string, Figure>;
  /**
   * What it was bound from, as plain data: to tell designs apart and to bind it again elsewhere.
   */
  readonly config: object;
  readonly area: Parts | null;
  /** From the outside in; empty where the family does not say. */
  readonly structure: readonly Block[];
  readonly events: readonly EnergyEvent[];
  readonly peaks: Peaks | null;
  /** Of main memory; null where nobody knows. */
  readonly capacity: Capacity | null;
  /** The numbers to turn, of those that its config has. */
  readonly dials: readonly Dial[];
  readonly switches: readonly Switch[];
  /**
   * What each layer costs, by `kernel` (one for all, or one for each layer) or by the fastest one
   * that is not opt-in: of `precision` where it has it, of all with 'best', of its own else.
   * @throws InputError for an unknown kernel, or one of another precision.
   */
  cost(
    tasks: readonly LayerTask[],
    kernel?: string | readonly string[],
    precision?: PrecisionChoice,
  ): readonly LayerCost[];
  /** {@link cost} with a pause behind each layer. */
  costing(
    tasks: readonly LayerTask[],
    kernel?: string | readonly string[],
    precision?: PrecisionChoice,
  ): Steps<readonly LayerCost[]>;
  /**
   * {@link cost} of single layers of a network, in any order. Layers that are told to be alike are
   * costed once. `residencies`: where they keep their weights, where that is known already.
   */
  placed(
    tasks: readonly LayerTask[],
    kernel?: string | readonly string[],
    precision?: PrecisionChoice,
    residencies?: readonly Residency[],
  ): (at: number) => LayerCost;
  /** See the family's; null where it does not say. */
  placeExpected(layers: readonly ExpectedLayer[]): readonly Residency[] | null;
  /** The design as the family has it for estimates. */
  roughly(): Hardware;
  /** See the family's; null where estimates cost whole layers. */
  readonly parts: PartLimits | null;
  /**
   * What the arithmetic's number formats do to a layer: the root mean square of (computed − exact
   * output) over that of the exact outputs, for the task's own weights and activations. Null where
   * nobody can know, or nothing is computed.
   */
  numericError(task: LayerTask): number | null;
  /** The kernels that know an order of events. */
  readonly recorded: readonly string[];
  /**
   * Records a layer of a network, by the kernel that its cost names; nothing where the model knows
   * no order of events.
   */
  record(tasks: readonly LayerTask[], at: number, kernel: string, recorder: Recorder): void;
  /**
   * The unit of a number of the config, by path ('spmat.widthBits'); undefined where it has none of
   * the family.
   */
  unitOf(number: string): Unit | undefined;
  /** The design with its config changed, checked again. @throws InputError for what cannot be. */
  vary(patches: readonly Patch[]): Hardware;
}
