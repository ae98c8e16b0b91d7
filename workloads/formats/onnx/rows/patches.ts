// Patches put back into images, and convolutions whose taps an input moves.

import { sizeOf } from '../../../tensor.js';
import type { Operation, Rows } from '../operation.js';
import { windowOf } from './windows.js';

/** Input, filters, offsets, then a bias and masks or none. Over three axes nobody implements it. */
function deformConv(op: Operation): void {
  const [{ shape }, { shape: filters }] = [op.type(0), op.type(1)];
  const groups = op.int('group', 1);
  const offsetGroups = op.int('offset_group', 1);
  const kernel = op.ints('kernel_shape') ?? filters.slice(2);
  const window = windowOf(op, kernel, shape.slice(2));
  if (kernel.length !== 2) {
    const { type } = op.type(0);
    const positions = op.shape(2).slice(2);
    op.opaque([{ shape: [shape[0] as number, filters[0] as number, ...positions], type }]);
    return;
  }
  op.result({ kind: 'deform-conv', ...window, groups, offsetGroups }, op.inputs);
}

function col2Im(op: Operation): void {
  const [image, kernel] = [op.numbers(1, 'a shape'), op.numbers(2, 'a block')];
  op.room([...op.shape(0).slice(0, 2), sizeOf(image)]);
  const window = windowOf(op, kernel, image);
  op.result({ kind: 'col2im', image, ...window }, [op.input(0)]);
}

export const patchRows: Rows = { DeformConv: deformConv, Col2Im: col2Im };
