// Normalisations.

import { knownAxis } from '../../operators/axes.js';
import { type Shape, sizeOf } from '../../tensor.js';
import type { Attributes, Page, WritersOf } from './write-page.js';

/** The input at `at`, or as many numbers `value` as are expected. */
function orFilled(page: Page, at: number, shape: Shape, value: number): string {
  if (page.has(at)) return page.input(at);
  return page.filled(value, { shape, type: page.type().type }, value === 1 ? 'scale' : 'shift');
}

/** A vector of one value an index of `axis`, in a shape that broadcasts. */
function along(page: Page, at: number, axis: number): string {
  const { shape } = page.type();
  const behind = shape.length - 1 - axis;
  const own = page.type(at).shape;
  const wanted = [sizeOf(own), ...new Array<number>(behind).fill(1)];
  if (own.join() === wanted.join()) return page.input(at);
  return page.step('broadcast', 'Reshape', [page.input(at), page.wholes(wanted, 'shape')]);
}

/**
 * Over all axes from one on: scales and shifts of the same axes are the operator's own, others
 * follow it.
 */
function overLast(
  page: Page,
  opType: string,
  axis: number,
  attributes: Attributes,
  affine: readonly number[],
): void {
  const { shape } = page.type();
  const normal = shape.slice(knownAxis(axis, shape.length));
  const isOwn = affine.every((at) => !page.has(at) || page.type(at).shape.join() === normal.join());
  if (isOwn && (!page.has(2) || page.has(1))) {
    const own = affine.map((at) => (at === 1 ? orFilled(page, 1, normal, 1) : page.input(at)));
    page.result(opType, [page.input(), ...own], { axis, ...attributes });
    return;
  }
  const last = affine.findLast((at) => page.has(at)) ?? 1;
  const ones = page.filled(1, { shape: normal, type: page.type().type }, 'ones');
  let made = page.core('normal', opType, [page.input(), ones], { axis, ...attributes });
  if (page.has(1))
    made = (last === 1 ? page.result : page.emitStep('scaled'))('Mul', [made, page.input(1)]);
  if (page.has(2)) page.result('Add', [made, page.input(2)]);
}

export const normWriters: WritersOf<
  | 'layer-norm'
  | 'rms-norm'
  | 'group-norm'
  | 'instance-norm'
  | 'mean-variance-norm'
  | 'lp-norm'
  | 'affine'
  | 'softmax'
  | 'hardmax'
> = {
  'layer-norm'(page, { axis, epsilon, statistics = false }) {
    const attributes = { epsilon: { float: epsilon } };
    const { shape } = page.type();
    const normal = shape.slice(knownAxis(axis, shape.length));
    if (!statistics) overLast(page, 'LayerNormalization', axis, attributes, [1, 2]);
    else
      page.result(
        'LayerNormalization',
        [page.input(), orFilled(page, 1, normal, 1), page.input(2)],
        {
          axis,
          ...attributes,
        },
      );
  },
  'rms-norm'(page, { axis, epsilon }) {
    page.need(23);
    overLast(page, 'RMSNormalization', axis, { epsilon: { float: epsilon } }, [1]);
  },
  'group-norm'(page, { groups, epsilon }) {
    page.need(21);
    const channels = page.type().shape[1] as number;
    const each = (at: number, value: number) => {
      if (!page.has(at) || sizeOf(page.type(at).shape) === channels)
        return orFilled(page, at, [channels], value);
      const column = page.step('column', 'Reshape', [
        page.input(at),
        page.wholes([groups, 1], 'shape'),
      ]);
      const wide = page.step('wide', 'Expand', [
        column,
        page.wholes([groups, channels / groups], 'shape'),
      ]);
      return page.step('each', 'Reshape', [wide, page.wholes([channels], 'shape')]);
    };
    const attributes = { num_groups: groups, epsilon: { float: epsilon } };
    page.result('GroupNormalization', [page.input(), each(1, 1), each(2, 0)], attributes);
  },
  'instance-norm'(page, { epsilon }) {
    const channels = [page.type().shape[1] as number];
    const affine = [orFilled(page, 1, channels, 1), orFilled(page, 2, channels, 0)];
    page.result('InstanceNormalization', [page.input(), ...affine], {
      epsilon: { float: epsilon },
    });
  },
  'mean-variance-norm'(page, { axes }) {
    const { shape } = page.type();
    const counted = axes.map((axis) => knownAxis(axis, shape.length));
    page.result('MeanVarianceNormalization', [page.input()], { axes: counted });
  },
  'lp-norm': (page, { axis, p }) =>
    void page.result('LpNormalization', [page.input()], { axis, p }),
  affine(page, { axis }) {
    const { shape, type } = page.type();
    const counted = knownAxis(axis, shape.length);
    const isVector = [1, 2].every((at) => !page.has(at) || page.type(at).shape.length === 1);
    if (
      counted === 1 &&
      shape.length >= 2 &&
      isVector &&
      page.areConstants(1, 2) &&
      type === 'float32'
    ) {
      // Of a mean of 0 and a variance of 1: engines fold it into what is before it.
      const channels = { shape: [shape[1] as number], type };
      const affine = [page.input(1), orFilled(page, 2, channels.shape, 0)];
      const moments = [page.filled(0, channels, 'mean'), page.filled(1, channels, 'variance')];
      page.result('BatchNormalization', [page.input(), ...affine, ...moments], {
        epsilon: { float: 0 },
      });
      return;
    }
    if (!page.has(2)) page.result('Mul', [page.input(), along(page, 1, counted)]);
    else
      page.result('Add', [
        page.core('scaled', 'Mul', [page.input(), along(page, 1, counted)]),
        along(page, 2, counted),
      ]);
  },
  softmax: (page, { axis = 1, log = false }) =>
    void page.result(log ? 'LogSoftmax' : 'Softmax', [page.input()], { axis }),
  hardmax: (page, { axis }) => void page.result('Hardmax', [page.input()], { axis }),
};
