// Poolings. Windows of images end where the layer's do by explicit padding: engines do not agree on
// what rounding up means for the last window (onnx/onnx issue 3314). Averages count all of the
// padding; where the layer's count less, a product mends them.

import type { LayerOf } from '../../network.js';
import { poolSpans } from '../../operators/pooling.js';
import { imagesOf } from '../../operators/weighted.js';
import { tapsOf } from '../../operators/window.js';
import type { Page, WritersOf } from './write-page.js';

export const poolWriters: WritersOf<'pool2d' | 'pool-nd' | 'max-unpool' | 'lrn'> = {
  pool2d(page, layer) {
    if (layer.kernel === 'global') {
      page.result(layer.mode === 'max' ? 'GlobalMaxPool' : 'GlobalAveragePool', [page.input()]);
    } else windowed(page, layer, layer.kernel);
  },
  'pool-nd'(page, layer) {
    const { mode, kernel, stride, dilation, pads, ceil, countsPadding } = layer;
    const isDilated = dilation.some((each) => each !== 1);
    if (mode === 'average' && isDilated) page.need(19);
    if (mode === 'lp' && (isDilated || ceil)) page.need(18);
    const isNew = mode === 'max' || page.opset >= (mode === 'lp' ? 18 : 19);
    const attributes = {
      ...{ kernel_shape: kernel, strides: stride, pads, ...(isNew ? { dilations: dilation } : {}) },
      ...(mode !== 'lp' || isNew ? { ceil_mode: Number(ceil) } : {}),
    };
    if (mode === 'max')
      page.result('MaxPool', [page.input()], {
        ...attributes,
        storage_order: layer.storageOrder ?? 0,
      });
    else if (mode === 'lp')
      page.result('LpPool', [page.input()], { ...attributes, p: layer.p ?? 2 });
    else
      page.result('AveragePool', [page.input()], {
        ...attributes,
        count_include_pad: Number(countsPadding),
      });
  },
  'max-unpool'(page, { kernel, stride, pads, shape }) {
    const extents = shape ? [page.wholes(shape, 'shape')] : [];
    const attributes = { kernel_shape: kernel, strides: stride, pads };
    page.result('MaxUnpool', [page.input(0), page.input(1), ...extents], attributes);
  },
  lrn(page, { size, alpha, beta, k }) {
    page.result('LRN', [page.input()], {
      size,
      alpha: { float: alpha },
      beta: { float: beta },
      bias: { float: k },
    });
  },
};

function windowed(page: Page, layer: LayerOf<'pool2d'>, kernel: readonly [number, number]): void {
  const { stride, pad, mode } = layer;
  const { image } = imagesOf(page.type().shape);
  const { image: output } = imagesOf(page.resultType().shape);
  // What the last window needs beyond the image.
  const after = (axis: 0 | 1) => {
    const [size, windows] = [image[axis + 1] as number, output[axis + 1] as number];
    return Math.max(0, (windows - 1) * stride[axis] + kernel[axis] - size - pad[axis]);
  };
  const attributes = {
    kernel_shape: kernel,
    strides: stride,
    pads: [pad[0], pad[1], after(0), after(1)],
  };
  if (mode === 'max') {
    page.result('MaxPool', [page.input()], attributes);
    return;
  }
  const [rows, columns] = [poolSpans(layer, image, output, 0), poolSpans(layer, image, output, 1)];
  const taps = tapsOf({ kernel });
  const ratios = rows.flatMap((row) =>
    columns.map((column) => taps / (row.extent * column.extent)),
  );
  if (ratios.every((ratio) => ratio === 1)) {
    page.result('AveragePool', [page.input()], { ...attributes, count_include_pad: 1 });
    return;
  }
  const isExclusive = rows.every(isWithin) && columns.every(isWithin);
  if (isExclusive) {
    page.result('AveragePool', [page.input()], { ...attributes, count_include_pad: 0 });
    return;
  }
  const averages = page.core('averages', 'AveragePool', [page.input()], {
    ...attributes,
    count_include_pad: 1,
  });
  const correction = page.constant(
    'correction',
    [1, 1, rows.length, columns.length],
    page.type().type,
    () => ratios,
  );
  page.result('Mul', [averages, correction]);
}

/** Whether an average divides by no more than it covers of the image. */
function isWithin({
  start,
  end,
  extent,
}: {
  readonly start: number;
  readonly end: number;
  readonly extent: number;
}) {
  return extent === end - start;
}
