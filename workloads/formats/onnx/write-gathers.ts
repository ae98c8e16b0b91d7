// Elements looked up and written by indices, the largest few, and reversals of sequences.

import { knownAxis } from '../../operators/axes.js';
import { sizeOf } from '../../tensor.js';
import type { Page, WritersOf } from './write-page.js';
import { indices } from './write-products.js';

/** Updates by largest and smallest came later than those by sum and product. */
function reduction(page: Page, name: string): { readonly reduction: string } {
  if (name === 'max' || name === 'min') page.need(18);
  return { reduction: name };
}

function long(page: Page, at: number): string {
  return page.cast(page.input(at), page.type(at).type, 'int64');
}

export const gatherWriters: WritersOf<
  | 'gather'
  | 'gather-elements'
  | 'gather-nd'
  | 'one-hot'
  | 'reverse-sequence'
  | 'scatter-elements'
  | 'scatter-nd'
  | 'tensor-scatter'
  | 'top-k'
> = {
  gather: (page, { axis }) =>
    void page.result('Gather', [page.input(), indices(page, 1)], { axis }),
  'gather-elements': (page, { axis }) =>
    void page.result('GatherElements', [page.input(), indices(page, 1)], { axis }),
  'gather-nd': (page, { batchAxes }) =>
    void page.result('GatherND', [page.input(), long(page, 1)], { batch_dims: batchAxes }),
  'one-hot': (page, { axis, depth }) =>
    void page.result('OneHot', [long(page, 0), page.wholes([depth], 'depth'), page.input(1)], {
      axis,
    }),
  'reverse-sequence'(page, { batchAxis, timeAxis }) {
    const { shape } = page.type();
    const [batch, time] = [knownAxis(batchAxis, shape.length), knownAxis(timeAxis, shape.length)];
    const lengths = page.reshape(long(page, 1), [sizeOf(page.type(1).shape)]);
    if (Math.max(batch, time) === 1) {
      page.result('ReverseSequence', [page.input(), lengths], {
        batch_axis: batch,
        time_axis: time,
      });
      return;
    }
    // ONNX takes the first two axes only.
    const others = shape.map((_, axis) => axis).filter((axis) => axis !== batch && axis !== time);
    const perm = [batch, time, ...others];
    const turned = page.step('in-front', 'Transpose', [page.input()], { perm });
    const reversed = page.core('reversed', 'ReverseSequence', [turned, lengths], {
      batch_axis: 0,
      time_axis: 1,
    });
    page.result('Transpose', [reversed], { perm: perm.map((_, axis) => perm.indexOf(axis)) });
  },
  'scatter-elements': (page, { axis, reduction: by }) =>
    void page.result('ScatterElements', [page.input(), indices(page, 1), page.input(2)], {
      axis,
      ...reduction(page, by),
    }),
  'scatter-nd': (page, { reduction: by }) =>
    void page.result(
      'ScatterND',
      [page.input(), long(page, 1), page.input(2)],
      reduction(page, by),
    ),
  'tensor-scatter'(page, { axis, mode }) {
    page.need(24);
    const starts = page.has(2) ? long(page, 2) : '';
    page.result('TensorScatter', [page.input(0), page.input(1), starts], { axis, mode });
  },
  'top-k': (page, { k, axis, largest, sorted }) =>
    void page.result('TopK', [page.input(), page.wholes([k], 'k')], {
      ...{ axis, largest: Number(largest), sorted: Number(sorted) },
    }),
};
