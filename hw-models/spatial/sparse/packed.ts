// Steps that packed lanes take for a layer's own values: of weights along the output channels, of
// inputs along the pixels or rows, window by window.

import { invariant } from '../../../workloads/base/errors.js';
import type { LayerTask } from '../../../workloads/network.js';
import { rowsOf } from '../../../workloads/weights/entries.js';
import type { WeightStore } from '../../../workloads/weights/store.js';
import type { Packing } from '../description/architecture.js';

/** Steps of all windows over those of full ones. Whole windows only meet where sizes divide. */
export function packedShare(task: LayerTask, packing: Packing): number {
  if (packing.operand === 'weights') return ofWeights(task, packing);
  return packing.operand === 'inputs' ? ofInputs(task, packing) : 1;
}

/** Counts window by window what lies side by side. */
class Windows {
  private steps = 0;
  private full = 0;

  constructor(private readonly packing: Packing) {}

  add(values: number, size: number): void {
    this.steps += Math.ceil(values / this.packing.lanes);
    this.full += Math.ceil(size / this.packing.lanes);
  }

  get share(): number {
    return this.full === 0 ? 1 : this.steps / this.full;
  }
}

function ofWeights({ weights, demand, name }: LayerTask, packing: Packing): number {
  invariant(weights !== null, () => `layer ${name} has no weights`);
  const { rows, columns } = weights.store;
  const rowAt = rowsOf(weights.store);
  const groups =
    demand.kind === 'convolution' ? demand.groups : demand.kind === 'product' ? demand.matrices : 1;
  const perGroup = rows / groups;
  const windows = new Windows(packing);
  const counts = new Uint32Array(columns);
  for (let group = 0; group < groups; group++) {
    for (let from = 0; from < perGroup; from += packing.window) {
      const size = Math.min(packing.window, perGroup - from);
      const first = group * perGroup + from;
      counts.fill(0);
      for (let row = first; row < first + size; row++) {
        const own = rowAt(row);
        for (let at = own.from; at < own.to; at++) {
          const column = own.indices[at] as number;
          counts[column] = (counts[column] as number) + 1;
        }
      }
      for (const count of counts) windows.add(count, size);
    }
  }
  return windows.share;
}

function ofInputs({ demand, input: { values } }: LayerTask, packing: Packing): number {
  const windows = new Windows(packing);
  const isProduct = demand.kind === 'product';
  const [lines, length] = isProduct
    ? [demand.matrices * demand.depth, demand.rows]
    : demand.kind === 'convolution'
      ? [demand.images * demand.input[0], demand.input[1] * demand.input[2]]
      : [0, 0];
  for (let line = 0; line < lines; line++) {
    for (let from = 0; from < length; from += packing.window) {
      const size = Math.min(packing.window, length - from);
      let count = 0;
      for (let at = from; at < from + size; at++) {
        // A product's inputs are [rows × depth], a convolution's [channels × pixels].
        const place = isProduct
          ? Math.floor(line / demand.depth) * demand.depth * length +
            at * demand.depth +
            (line % demand.depth)
          : line * length + at;
        if (values[place] !== 0) count += 1;
      }
      windows.add(count, size);
    }
  }
  return windows.share;
}

/** Whether no `of` neighbours of a row hold more than `kept` weights. */
export function isStructured(store: WeightStore, kept: number, of: number): boolean {
  const rowAt = rowsOf(store);
  for (let row = 0; row < store.rows; row++) {
    const { indices, from, to } = rowAt(row);
    let window = -1;
    let count = 0;
    for (let at = from; at < to; at++) {
      const next = Math.floor((indices[at] as number) / of);
      count = next === window ? count + 1 : 1;
      window = next;
      if (count > kept) return false;
    }
  }
  return true;
}
