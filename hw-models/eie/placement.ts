// Decides which layers of a network keep their weights in the PEs' memories, counted on the fullest
// PE. Han et al., EIE, ISCA 2016, Section IV: 128 KB of entries and 32 KB of column pointers per
// PE. The paper runs VGG-6, whose 25,089 pointers per PE exceed the 16,384 that fit; pointers may
// therefore be stored in free sparse-matrix SRAM. 16-bit pointers cannot address all 131,072
// entries. But pointers never decrease, so one column number per 65,536 entries restores the
// missing bit; the model assumes that this costs nothing.

import { InputError, invariant } from '../../workloads/base/errors.js';
import type { Demand } from '../../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import type { ExpectedLayer, Residency } from '../contract.js';
import { type EieConfig, entryBitsOf } from './config.js';
import { type ColumnLayout, layoutsOf } from './layout.js';

/** The layouts of one of a task's matrices on this configuration, in blocks of rows if told so. */
export function layoutsOfTask(
  { name, demand }: LayerTask,
  weights: LayerWeights,
  config: Pick<EieConfig, 'pes' | 'indexBits'>,
  { blocks = 1, matrix = 0 } = {},
): readonly ColumnLayout[] {
  const groups = demand.kind === 'convolution' ? demand.groups : 1;
  const rows = weights.store.rows / matricesOf(demand);
  try {
    const part = { blocks, from: matrix * rows, to: (matrix + 1) * rows };
    return layoutsOf(weights, groups, config.pes, config.indexBits, part);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`layer ${name}: ${error.message}`) : error;
  }
}

/** Matrices that a task's weights hold below each other, each dealt out to the PEs by itself. */
function matricesOf(demand: Demand): number {
  if (demand.kind === 'product') return demand.matrices;
  return demand.kind === 'recurrent' ? demand.directions : 1;
}

/**
 * In how many blocks of rows a layer's weights must be worked through, each of them small enough
 * for the fullest PE's memory, where all of them together are not. `layoutsIn` tells their layouts
 * in so many blocks of `rows` rows a PE.
 */
export function blocksFor(
  layoutsIn: (blocks: number) => readonly (readonly ColumnLayout[])[],
  rows: number,
  config: EieConfig,
): number {
  const memory = config.spmat.bytes * 8;
  const fullest = (blocks: number) =>
    Math.max(...layoutsIn(blocks).map((block) => spmatBitsOf(block, config)));
  const whole = fullest(1);
  if (whole <= memory) return 1;
  // Pointers are the same in each block. Where they alone exceed the memory, blocks are as if there
  // were none.
  const pointers = layoutsIn(1).reduce(
    (max, block) => Math.max(max, pointerOverflow(block, config)),
    0,
  );
  const room = pointers < memory ? memory : memory + pointers;
  for (let blocks = Math.ceil(whole / room); blocks < rows; blocks++)
    if (fullest(blocks) <= room) return blocks;
  return rows;
}

/** What the reader must know of a layer that takes several blocks. */
export function blocksNote(blocks: number): readonly string[] {
  return blocks > 1
    ? [`exceeds the PEs' memories by itself: ${blocks} blocks of rows, each over all pixels`]
    : [];
}

/**
 * Sparse-matrix SRAM that layouts take on the PE where they take most, alone: entries, and pointers
 * beyond their SRAM.
 */
export function spmatBitsOf(layouts: readonly ColumnLayout[], config: EieConfig): number {
  let max = 0;
  for (let pe = 0; pe < config.pes; pe++) max = Math.max(max, entriesOn(layouts, pe));
  return max * entryBitsOf(config) + pointerOverflow(layouts, config);
}

/** Bits of pointers on a PE beyond their own SRAM. */
function pointerOverflow(layouts: readonly ColumnLayout[], config: EieConfig): number {
  return Math.max(0, pointerBits(layouts, config) - config.pointers.bytes * 8);
}

/** Bytes of a layer as it is stored on all PEs: entries and pointers. */
export function storedBytes(layouts: readonly ColumnLayout[], config: EieConfig): number {
  const entries = layouts.reduce(
    (all, { peEntries }) => all + peEntries.reduce((sum, held) => sum + held, 0),
    0,
  );
  return (entries * entryBitsOf(config) + config.pes * pointerBits(layouts, config)) / 8;
}

/** Bits of pointers per PE. */
function pointerBits(layouts: readonly ColumnLayout[], config: EieConfig): number {
  return pointersIn(layouts) * config.pointers.bits;
}

/**
 * Where a layer's weights are, and what is free on the fullest PE when the whole network has its
 * place.
 */
export interface EieResidency extends Residency {
  /**
   * An equal part of the free bits for each layer that has a use for more room than its weights
   * take.
   */
  readonly spareBits: number;
}

/**
 * Fills the memories in network order; a layer that does not fit is left out and said to be.
 * `wantsMore`: whether a layer's transformed weights, which are more, could be kept instead.
 */
export function place(
  tasks: readonly LayerTask[],
  config: EieConfig,
  wantsMore: (demand: Demand) => boolean,
): readonly EieResidency[] {
  const alike = new Map<string, Stored>();
  return placeStored(tasks, (task) => storedOf(task, config, alike), config, wantsMore);
}

/**
 * {@link place} by the entries that layers are expected to take, on each PE as many: zeros fall
 * independently, and rows are dealt out evenly.
 */
export function placeExpected(
  layers: readonly ExpectedLayer[],
  config: EieConfig,
  wantsMore: (demand: Demand) => boolean,
): readonly EieResidency[] {
  const known = new Map<ExpectedLayer, Stored | null>();
  const storedIn = (layer: ExpectedLayer) => {
    const found = known.get(layer);
    if (found !== undefined) return found;
    const made = isStored(layer.demand) ? expectedStored(layer, config) : null;
    known.set(layer, made);
    return made;
  };
  return placeStored(layers, storedIn, config, wantsMore);
}

function placeStored<Placed extends { readonly demand: Demand }>(
  layers: readonly Placed[],
  storedIn: (layer: Placed) => Stored | null,
  config: EieConfig,
  wantsMore: (demand: Demand) => boolean,
): readonly EieResidency[] {
  const { residencies, freeBits } = fill(layers.map(storedIn), config);
  const parts = Math.max(1, layers.filter(({ demand }) => wantsMore(demand)).length);
  return residencies.map((residency) => ({ ...residency, spareBits: freeBits / parts }));
}

function fill(layers: readonly (Stored | null)[], config: EieConfig) {
  const spmatBits = config.spmat.bytes * 8;
  const usedBits = new Float64Array(config.pes);
  let freePointerBits = config.pointers.bytes * 8;
  const residencies = layers.map((stored): Residency => {
    if (!stored) return { resident: true, notes: [] };
    const needed = stored.pointers * config.pointers.bits;
    const overflow = Math.max(0, needed - freePointerBits);
    const after = usedBits.map(
      (used, pe) => used + overflow + (stored.peEntries[pe] as number) * entryBitsOf(config),
    );
    const missing = Math.max(...after) - spmatBits;
    if (missing > 0) {
      const bytes = whole(missing / 8);
      return {
        resident: false,
        notes: [
          `does not fit: ${bytes} bytes missing on the fullest PE; weights are streamed from DRAM in each frame`,
        ],
      };
    }
    usedBits.set(after);
    freePointerBits -= needed - overflow;
    if (overflow === 0) return { resident: true, notes: [] };
    const spilled = whole(overflow / config.pointers.bits);
    return {
      resident: true,
      notes: [
        `${spilled} of ${whole(needed / config.pointers.bits)} pointers per PE lie in free sparse-matrix SRAM`,
      ],
    };
  });
  return { residencies, freeBits: spmatBits - Math.max(...usedBits) };
}

/** What all of a task's weights take: entries of each PE, pointers of any of them. */
interface Stored {
  readonly peEntries: Float64Array;
  readonly pointers: number;
}

/**
 * Counts alone, so that a network whose weights are loaded layer by layer is placed without holding
 * any of them.
 */
const counted = new WeakMap<LayerTask, Map<string, Stored>>();

/**
 * Whether a layer's weights may lie on the chip: it has some, and they are no table of which rows are
 * looked up.
 */
const isStored = (demand: Demand): boolean =>
  demand.kind === 'convolution' ||
  demand.kind === 'recurrent' ||
  (demand.kind === 'product' && demand.right === 'weights');

/** Null for a task whose weights don't lie on the chip. */
function storedOf(task: LayerTask, config: EieConfig, alike: Map<string, Stored>): Stored | null {
  if (!isStored(task.demand)) return null;
  const known = counted.get(task) ?? new Map<string, Stored>();
  counted.set(task, known);
  const key = `${config.pes}/${config.indexBits}`;
  const same = task.alike === undefined ? undefined : alike.get(task.alike);
  const found = known.get(key) ?? same ?? countStored(task, config);
  known.set(key, found);
  if (task.alike !== undefined) alike.set(task.alike, found);
  return found;
}

function countStored(task: LayerTask, config: EieConfig): Stored {
  const { weights } = task;
  // A recurrent layer whose weights other layers make.
  if (!weights) return { peEntries: new Float64Array(config.pes), pointers: 0 };
  const peEntries = new Float64Array(config.pes);
  let pointers = 0;
  for (let matrix = 0; matrix < matricesOf(task.demand); matrix++) {
    const layouts = layoutsOfTask(task, weights, config, { matrix });
    for (let pe = 0; pe < config.pes; pe++)
      peEntries[pe] = (peEntries[pe] as number) + entriesOn(layouts, pe);
    pointers += pointersIn(layouts);
  }
  return { peEntries, pointers };
}

function expectedStored(
  { demand, weightDensity }: ExpectedLayer,
  { pes, indexBits }: Pick<EieConfig, 'pes' | 'indexBits'>,
): Stored {
  const { matrices, rows, columns, groups, hasBias } = matricesIn(demand);
  const rowsOfPe = rows / groups / pes;
  const perColumn = expectedEntries(rowsOfPe, weightDensity, 2 ** indexBits);
  const entries = matrices * (groups * columns * perColumn + (hasBias ? rows / pes : 0));
  return {
    peEntries: new Float64Array(pes).fill(entries),
    pointers: matrices * (groups * columns + (hasBias ? 1 : 0) + 1),
  };
}

/** What a layer's weights are as matrices: `columns` of each of `groups` groups of its rows. */
function matricesIn(demand: Demand) {
  const hasBias = 'bias' in demand && demand.bias;
  switch (demand.kind) {
    case 'product': {
      const { matrices, columns: rows, depth: columns } = demand;
      return { matrices, rows, columns, groups: 1, hasBias };
    }
    case 'convolution': {
      const { groups, input, output, kernel } = demand;
      const columns = (input[0] / groups) * kernel[0] * kernel[1];
      return { matrices: 1, rows: output[0], columns, groups, hasBias };
    }
    case 'recurrent': {
      const { directions: matrices, gates, hidden, inputs } = demand;
      return {
        ...{ matrices, rows: gates * hidden, columns: inputs + hidden },
        ...{ groups: 1, hasBias },
      };
    }
    default:
      return { matrices: 0, rows: 0, columns: 0, groups: 1, hasBias };
  }
}

/**
 * Entries of a column's `rows` rows of which `density` are kept, padding among them: one where `run`
 * zeros lie before a kept weight, two where twice as many do.
 */
function expectedEntries(rows: number, density: number, run: number): number {
  let padding = 0;
  for (let zeros = run; zeros < rows; zeros += run)
    padding += (rows - zeros) * (1 - density) ** zeros;
  return density * (rows + padding);
}

/** One past the last column included, for each layout. */
function pointersIn(layouts: readonly ColumnLayout[]): number {
  return layouts.reduce((sum, { columns }) => sum + columns + 1, 0);
}

function entriesOn(layouts: readonly ColumnLayout[], pe: number): number {
  return layouts.reduce((sum, { peEntries }) => {
    const held = peEntries[pe];
    invariant(held !== undefined, () => `PE ${pe} is not part of the layout`);
    return sum + held;
  }, 0);
}

function whole(count: number): string {
  return Math.ceil(count).toLocaleString('en-US');
}
