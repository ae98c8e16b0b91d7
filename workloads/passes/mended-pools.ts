// Averages that divide by what their windows cover are written, for engines that do not agree on
// that, as averages that count all of the padding and a product that mends them:
//
//   x → average pool → · taps / extents of the windows → y    =    x → average pool that rounds up, or leaves padding out → y

import type { Padding } from '../demand.js';
import { poolingOperators, poolSpans } from '../operators/pooling.js';
import type { OpOf } from '../operators/table.js';
import { imagesOf } from '../operators/weighted.js';
import { paddingOf, pairOf } from '../operators/window.js';
import { opOf } from '../spec.js';
import type { Shape, Tensor, TensorType } from '../tensor.js';
import type { Draft } from './draft.js';
import { isNear } from './match.js';
import { Rewriting, type Spec } from './rewriting.js';

type Pool = Extract<Spec, { kind: 'pool2d' }>;

export function recogniseMendedPools(draft: Draft): Draft {
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (layer.kind !== 'binary' || layer.function !== 'multiply' || !graph.isThere(layer)) continue;
    const [averages = '', ratios = ''] = layer.inputs;
    const [pool, correction] = [graph.maker(averages), graph.constant(ratios)];
    if (
      pool?.kind !== 'pool2d' ||
      !correction ||
      !isMendable(pool) ||
      !graph.areInner([pool], layer)
    )
      continue;
    const found = unmended(
      pool,
      graph.typeOf(pool.inputs[0] as string),
      graph.typeOf(averages).shape,
      correction,
    );
    if (found) graph.replace(pool, [{ ...found, resultNames: [graph.resultOf(layer)] }], [layer]);
  }
  return graph.finish();
}

function isMendable({ mode, kernel, rounding, countsPadding = true }: Pool): boolean {
  return mode === 'average' && kernel !== 'global' && rounding === 'floor' && countsPadding;
}

/** The pooling whose windows have the extents that the correction tells of. */
function unmended(
  pool: Pool,
  input: TensorType,
  output: Shape,
  { shape, values }: Tensor,
): Pool | null {
  if (shape.join() !== [1, 1, output[2], output[3]].join()) return null;
  const [top, left, bottom, right] = paddingOf(pool.pad);
  const kernel = pool.kernel === 'global' ? 1 : pool.kernel;
  const taps = pairOf(kernel)[0] * pairOf(kernel)[1];
  // As it is usual first: the same on both sides.
  const ends = (before: number, max: number) => [
    before,
    ...Array.from({ length: max + 1 }, (_, each) => each),
  ];
  for (const countsPadding of [true, false]) {
    for (const rounding of ['ceil', 'floor'] as const) {
      for (const behind of ends(top, bottom)) {
        for (const beside of ends(left, right)) {
          const pad: Padding = [top, left, behind, beside];
          const tried: Pool = { ...pool, pad, rounding, countsPadding };
          const op = opOf(tried) as OpOf<'pool2d'>;
          const made = shapeOf(op, input);
          if (made?.join() !== output.join()) continue;
          const [from, to] = [imagesOf(input.shape).image, imagesOf(output).image];
          const [rows, columns] = [poolSpans(op, from, to, 0), poolSpans(op, from, to, 1)];
          const isSame = rows.every((row, y) =>
            columns.every((column, x) => {
              return isNear(
                values[y * columns.length + x] as number,
                taps / (row.extent * column.extent),
              );
            }),
          );
          if (isSame) return tried;
        }
      }
    }
  }
  return null;
}

/** Null where the windows do not fit. */
function shapeOf(op: OpOf<'pool2d'>, input: TensorType): Shape | null {
  const misfit = new Error('windows that do not fit');
  try {
    return poolingOperators.pool2d.infer(op, [input], () => misfit as never)[0]?.shape ?? null;
  } catch (error) {
    if (error === misfit) return null;
    throw error;
  }
}
