// Reductions, positions of extremes, running sums and products.

import { knownAxis } from '../../operators/axes.js';
import type { ReductionName } from '../../operators/reduce.js';
import type { Page, WritersOf } from './write-page.js';

const reductions: { readonly [Name in ReductionName]: string } = {
  sum: 'ReduceSum',
  mean: 'ReduceMean',
  max: 'ReduceMax',
  min: 'ReduceMin',
  product: 'ReduceProd',
  l1: 'ReduceL1',
  l2: 'ReduceL2',
  'log-sum': 'ReduceLogSum',
  'log-sum-exp': 'ReduceLogSumExp',
  'sum-square': 'ReduceSumSquare',
};

/** What a reduction over no axis does to each element. */
function overNone(page: Page, name: ReductionName): void {
  if (name === 'l1' || name === 'l2') page.result('Abs', [page.input()]);
  else if (name === 'log-sum') page.result('Log', [page.input()]);
  else if (name === 'sum-square') page.result('Mul', [page.input(), page.input()]);
  else page.result('Identity', [page.input()]);
}

/** Of each element and those before it, in steps twice as far each. */
function cumulativeProduct(page: Page, axis: number, exclusive: boolean, reverse: boolean): void {
  const { shape, type } = page.type();
  const [rank, extent] = [shape.length, shape[axis] as number];
  const one = page.scalar(1, type, 'one');
  const shifted = (tensor: string, by: number) => {
    const pads = new Array<number>(2 * rank).fill(0);
    pads[reverse ? axis + rank : axis] = by;
    pads[reverse ? axis : axis + rank] = -by;
    return page.step('shifted', 'Pad', [tensor, page.wholes(pads, 'pads'), one], {
      mode: 'constant',
    });
  };
  let made = exclusive ? shifted(page.input(), 1) : page.input();
  for (let by = 1; by < extent; by *= 2)
    made = page.step('product', 'Mul', [made, shifted(made, by)]);
  page.result('Identity', [made]);
}

export const reductionWriters: WritersOf<
  'reduce' | 'arg' | 'cumulative-sum' | 'cumulative-product'
> = {
  reduce(page, { function: name, axes, keep }) {
    if (axes?.length === 0) {
      overNone(page, name);
      return;
    }
    const keepdims = Number(keep);
    const opType = reductions[name];
    if (axes === null) page.result(opType, [page.input()], { keepdims });
    else if (name === 'sum' || page.opset >= 18)
      page.result(opType, [page.input(), page.wholes(axes, 'axes')], { keepdims });
    else page.result(opType, [page.input()], { axes, keepdims });
  },
  arg(page, { function: name, axis, keep, last }) {
    const attributes = { axis, keepdims: Number(keep), select_last_index: Number(last) };
    page.result(name === 'max' ? 'ArgMax' : 'ArgMin', [page.input()], attributes);
  },
  'cumulative-sum'(page, { axis, exclusive, reverse }) {
    const attributes = { exclusive: Number(exclusive), reverse: Number(reverse) };
    page.result('CumSum', [page.input(), page.scalar(axis, 'int64', 'axis')], attributes);
  },
  'cumulative-product'(page, { axis, exclusive, reverse }) {
    cumulativeProduct(page, knownAxis(axis, page.type().shape.length), exclusive, reverse);
  },
};
