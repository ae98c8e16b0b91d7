// Which layers of a network keep their weights in the PEs' memories, counted on the fullest PE.
// Han et al., EIE, ISCA 2016, Section IV: 128 KB of entries and 32 KB of column pointers per PE.
// The paper runs VGG-6, whose 25,089 pointers per PE exceed the 16,384 that fit; pointers may therefore lie in free
// sparse-matrix SRAM. Nor do 16-bit pointers reach all 131,072 entries; as they never decrease, one column number for
// each 65,536 entries restores the missing bit, and that is taken to be free.

import { invariant } from '../../workloads/base/errors.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import type { Residency } from '../contract.js';
import { type EieConfig, entryBitsOf } from './config.js';
import { type ColumnLayout, layoutsOf } from './layout.js';

/** The layouts of a task's groups on this configuration; a layer that is not a convolution has one. */
export function layoutsOfTask(
  { layer }: LayerTask,
  weights: LayerWeights,
  config: Pick<EieConfig, 'pes' | 'indexBits'>,
): readonly ColumnLayout[] {
  return layoutsOf(weights, layer.kind === 'conv2d' ? layer.groups : 1, config.pes, config.indexBits);
}

/** Bytes of a layer as it is stored on all PEs: entries and pointers. */
export function storedBytes(layouts: readonly ColumnLayout[], config: EieConfig): number {
  const entries = layouts.reduce((all, { peEntries }) => all + peEntries.reduce((sum, held) => sum + held, 0), 0);
  return (entries * entryBitsOf(config) + config.pes * pointerBits(layouts, config)) / 8;
}

/** Bits of pointers per PE: one past the last column included, for each group. */
function pointerBits(layouts: readonly ColumnLayout[], config: EieConfig): number {
  return layouts.reduce((sum, { columns }) => sum + columns + 1, 0) * config.pointers.bits;
}

/** Fills the memories in network order; a layer that does not fit is left out and said to be. */
export function place(tasks: readonly LayerTask[], config: EieConfig): readonly Residency[] {
  const spmatBits = config.spmat.bytes * 8;
  const usedBits = new Float64Array(config.pes);
  let freePointerBits = config.pointers.bytes * 8;
  return tasks.map((task) => {
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
