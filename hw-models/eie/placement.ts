// Which layers of a network keep their weights in the PEs' memories, counted on the fullest PE.
// Han et al., EIE, ISCA 2016, Section IV: 128 KB of entries and 32 KB of column pointers per PE.
// The paper runs VGG-6, whose 25,089 pointers per PE exceed the 16,384 that fit; pointers may therefore lie in free
// sparse-matrix SRAM. Nor do 16-bit pointers reach all 131,072 entries; as they never decrease, one column number for
// each 65,536 entries restores the missing bit, and that is taken to be free.

import { invariant } from '../../workloads/base/errors.js';
import type { Layer, LayerTask, LayerWeights } from '../../workloads/network.js';
import type { Residency } from '../contract.js';
import { type EieConfig, entryBitsOf } from './config.js';
import { type ColumnLayout, layoutsOf } from './layout.js';

/** The layout of a task's weights on this configuration, in blocks of rows if told so. */
export function layoutsOfTask(
  { layer }: LayerTask,
  weights: LayerWeights,
  config: Pick<EieConfig, 'pes' | 'indexBits'>,
  blocks = 1,
): readonly ColumnLayout[] {
  return layoutsOf(weights, layer.kind === 'conv2d' ? layer.groups : 1, config.pes, config.indexBits, blocks);
}

/**
 * In how many blocks of rows a layer's weights must be worked through, each of them small enough for the fullest PE's
 * memory, where all of them together are not. `layoutsIn` tells their layouts in so many blocks of `rows` rows a PE.
 */
export function blocksFor(
  layoutsIn: (blocks: number) => readonly (readonly ColumnLayout[])[],
  rows: number,
  config: EieConfig,
): number {
  const room = config.spmat.bytes * 8;
  const fullest = (blocks: number) => Math.max(...layoutsIn(blocks).map((block) => spmatBitsOf(block, config)));
  const whole = fullest(1);
  for (let blocks = Math.ceil(whole / room); blocks < rows; blocks++) if (fullest(blocks) <= room) return blocks;
  return whole <= room ? 1 : rows;
}

/** What the reader must know of a layer that takes several blocks. */
export function blocksNote(blocks: number): readonly string[] {
  return blocks > 1 ? [`exceeds the PEs' memories by itself: ${blocks} blocks of rows, each over all pixels`] : [];
}

/** Sparse-matrix SRAM that layouts take on the PE where they take most, alone: entries, and pointers beyond their SRAM. */
export function spmatBitsOf(layouts: readonly ColumnLayout[], config: EieConfig): number {
  let most = 0;
  for (let pe = 0; pe < config.pes; pe++) most = Math.max(most, entriesOn(layouts, pe));
  const overflow = Math.max(0, pointerBits(layouts, config) - config.pointers.bytes * 8);
  return most * entryBitsOf(config) + overflow;
}

/** Bytes of a layer as it is stored on all PEs: entries and pointers. */
export function storedBytes(layouts: readonly ColumnLayout[], config: EieConfig): number {
  const entries = layouts.reduce((all, { peEntries }) => all + peEntries.reduce((sum, held) => sum + held, 0), 0);
  return (entries * entryBitsOf(config) + config.pes * pointerBits(layouts, config)) / 8;
}

/** Bits of pointers per PE: one past the last column included, for each layout. */
function pointerBits(layouts: readonly ColumnLayout[], config: EieConfig): number {
  return layouts.reduce((sum, { columns }) => sum + columns + 1, 0) * config.pointers.bits;
}

/** Where a layer's weights are, and what is free on the fullest PE when the whole network has its place. */
export interface EieResidency extends Residency {
  /** An equal part of the free bits for each layer that has a use for more room than its weights take. */
  readonly spareBits: number;
}

/**
 * Fills the memories in network order; a layer that does not fit is left out and said to be. `wantsMore`: whether a
 * layer's transformed weights, which are more, could be kept instead.
 */
export function place(
  tasks: readonly LayerTask[],
  config: EieConfig,
  wantsMore: (layer: Layer) => boolean,
): readonly EieResidency[] {
  const { residencies, freeBits } = fill(tasks, config);
  const parts = Math.max(1, tasks.filter(({ layer }) => wantsMore(layer)).length);
  return residencies.map((residency) => ({ ...residency, spareBits: freeBits / parts }));
}

function fill(tasks: readonly LayerTask[], config: EieConfig) {
  const spmatBits = config.spmat.bytes * 8;
  const usedBits = new Float64Array(config.pes);
  let freePointerBits = config.pointers.bytes * 8;
  const residencies = tasks.map((task): Residency => {
    if (!task.weights) return { resident: true, notes: [] };
    const layouts = layoutsOfTask(task, task.weights, config);
    const needed = pointerBits(layouts, config);
    const overflow = Math.max(0, needed - freePointerBits);
    const after = usedBits.map((used, pe) => used + overflow + entriesOn(layouts, pe) * entryBitsOf(config));
    const missing = Math.max(...after) - spmatBits;
    if (missing > 0) {
      const bytes = whole(missing / 8);
      return {
        resident: false,
        notes: [`does not fit: ${bytes} bytes missing on the fullest PE; weights are streamed from DRAM in each frame`],
      };
    }
    usedBits.set(after);
    freePointerBits -= needed - overflow;
    if (overflow === 0) return { resident: true, notes: [] };
    const spilled = whole(overflow / config.pointers.bits);
    return {
      resident: true,
      notes: [`${spilled} of ${whole(needed / config.pointers.bits)} pointers per PE lie in free sparse-matrix SRAM`],
    };
  });
  return { residencies, freeBits: spmatBits - Math.max(...usedBits) };
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
