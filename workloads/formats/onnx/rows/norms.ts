// Normalisations: by learned statistics, and by those of the elements themselves.

import { sizeOf } from '../../../tensor.js';
import { Blocked, floatsOf, type Operation, type Rows } from '../operation.js';

/** Folded into the weights before it where its statistics are constants. */
function batchNorm(op: Operation): void {
  op.ignore('momentum', 'spatial', 'consumed_inputs', 'is_test');
  if (op.flag('training_mode'))
    throw op.fault('training_mode of 1', '0: statistics that are known');
  if (op.opset < 9 && op.int('spatial', 1) === 0) throw new Blocked('statistics of each position');
  const epsilon = op.float('epsilon', 1e-5);
  const { shape } = op.type(0);
  const names = [1, 2, 3, 4].map((at) => op.input(at)) as [string, string, string, string];
  const isConstant = names.every((name) => op.builder.isConstant(name)) && shape.length >= 2;
  if (!isConstant || op.builder.isConstant(op.input(0))) {
    computedBatchNorm(op, names, epsilon);
    return;
  }
  const [scale, shift, mean, variance] = names.map((name) => op.builder.valuesOf(name));
  const norm =
    scale && shift && mean && variance
      ? {
          ...{ scale: floatsOf(scale), shift: floatsOf(shift) },
          ...{ mean: floatsOf(mean), variance: floatsOf(variance), epsilon },
        }
      : null;
  const image = op.host.images.get(op.input(0));
  if (!image) {
    op.builder.normalise(op.name, op.input(0), norm, op.output(0));
    return;
  }
  const normal = op.builder.normalise(op.name, image, norm, op.host.fresh(op.name));
  op.host.images.set(op.reshape(normal, shape, op.result), normal);
}

function computedBatchNorm(
  op: Operation,
  names: readonly [string, string, string, string],
  epsilon: number,
): void {
  const [scale, shift, mean, variance] = names;
  const added = op.binary('add', variance, op.scalar(epsilon, op.typeOf(variance).type));
  const inverse = op.step({ kind: 'unary', function: 'rsqrt' }, [added]);
  const { type } = op.type(0);
  const factor = op.binary('multiply', op.cast(scale, op.typeOf(inverse).type), inverse);
  const moved = op.binary('multiply', mean, factor);
  const rest = op.binary('subtract', op.cast(shift, op.typeOf(moved).type), moved);
  op.result({ kind: 'affine', axis: 1 }, [op.input(0), op.cast(factor, type), op.cast(rest, type)]);
}

function layerNorm(op: Operation): void {
  op.ignore('stash_type');
  const statistics = op.wants(1) || op.wants(2) ? { statistics: true } : {};
  const attributes = {
    axis: op.int('axis', -1),
    epsilon: op.float('epsilon', 1e-5),
    ...statistics,
  };
  op.results({ kind: 'layer-norm', ...attributes }, [op.input(0), op.optional(1), op.optional(2)]);
}

function rmsNorm(op: Operation): void {
  op.ignore('stash_type');
  const attributes = { axis: op.int('axis', -1), epsilon: op.float('epsilon', 1e-5) };
  op.result({ kind: 'rms-norm', ...attributes }, [op.input(0), op.optional(1)]);
}

function groupNorm(op: Operation): void {
  op.ignore('stash_type');
  const attributes = { groups: op.int('num_groups', 1), epsilon: op.float('epsilon', 1e-5) };
  op.result({ kind: 'group-norm', ...attributes }, [op.input(0), op.input(1), op.input(2)]);
}

function instanceNorm(op: Operation): void {
  op.ignore('consumed_inputs');
  const inputs = [op.input(0), op.input(1), op.input(2)];
  op.result({ kind: 'instance-norm', epsilon: op.float('epsilon', 1e-5) }, inputs);
}

function localResponse(op: Operation): void {
  const attributes = {
    ...{ size: op.int('size', 1), alpha: op.float('alpha', 1e-4) },
    ...{ beta: op.float('beta', 0.75), k: op.float('bias', 1) },
  };
  op.result({ kind: 'lrn', ...attributes }, [op.input(0)]);
}

function lpNorm(op: Operation): void {
  const p = op.int('p', 2);
  if (p !== 1 && p !== 2) throw op.fault(`p of ${p}`, '1 or 2');
  op.result({ kind: 'lp-norm', axis: op.int('axis', -1), p }, [op.input(0)]);
}

type Along = { readonly kind: 'softmax'; readonly log?: boolean } | { readonly kind: 'hardmax' };

/** Before operator set 13, everything from the axis on was one vector. */
const along = (written: Along) => (op: Operation) => {
  const { shape } = op.type(0);
  const isOld = op.opset < 13;
  const axis = op.axis(op.int('axis', isOld ? 1 : -1), shape.length);
  const input = op.input(0);
  if (!isOld || sizeOf(shape.slice(axis + 1)) === 1) {
    op.result({ ...written, axis }, [input]);
    return;
  }
  const flat = op.reshape(input, [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
  op.reshape(op.named({ ...written, axis: 1 }, [flat]), shape, op.result);
};

export const normRows: Rows = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  RMSNormalization: rmsNorm,
  SimplifiedLayerNormalization: rmsNorm,
  GroupNormalization: groupNorm,
  InstanceNormalization: instanceNorm,
  LRN: localResponse,
  LpNormalization: lpNorm,
  MeanVarianceNormalization(op) {
    const axes = op.ints('axes') ?? [0, 2, 3];
    op.result({ kind: 'mean-variance-norm', axes }, [op.input(0)]);
  },
  Softmax: along({ kind: 'softmax' }),
  LogSoftmax: along({ kind: 'softmax', log: true }),
  Hardmax: along({ kind: 'hardmax' }),
};
