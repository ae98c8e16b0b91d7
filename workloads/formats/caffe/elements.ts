// Caffe's functions of single elements, sums and products of several inputs, reductions and
// normalisations.

import type { BinaryName } from '../../operators/binary.js';
import type { UnaryName } from '../../operators/unary.js';
import { sizeOf } from '../../tensor.js';
import {
  axisOf,
  type CaffeLayer,
  type CaffeRow,
  first,
  made,
  number,
  parametersOf,
  shapeOf,
  step,
} from './layer.js';

const unary =
  (name: UnaryName, parameters: (from: CaffeLayer) => readonly number[] = () => []): CaffeRow =>
  (from) => {
    const given = parameters(from);
    const more = given.length > 0 ? { parameters: given } : {};
    return made(from, { kind: 'unary', inputs: [first(from)], function: name, ...more });
  };

const relu: CaffeRow = (from) => {
  const slope = parametersOf(from, 'relu_param').number('negative_slope', 0);
  if (slope !== 0)
    return made(from, {
      kind: 'unary',
      inputs: [first(from)],
      function: 'leaky-relu',
      parameters: [slope],
    });
  return made(from, { kind: 'relu', inputs: [first(from)], activation: 'relu' });
};

/** One function after the other; the last one's result is the layer's. */
function chain(
  from: CaffeLayer,
  steps: readonly ((input: string) => Parameters<typeof made>[1])[],
): readonly string[] {
  let value = first(from);
  for (const [at, each] of steps.slice(0, -1).entries())
    value = step(from, `step${at + 1}`, each(value));
  const last = steps.at(-1);
  return last ? made(from, last(value)) : [value];
}

function withNumber(from: CaffeLayer, name: BinaryName, suffix: string, value: number) {
  return (input: string) =>
    ({ kind: 'binary', inputs: [input, number(from, suffix, value)], function: name }) as const;
}

const ofOne = (name: UnaryName) => (input: string) =>
  ({ kind: 'unary', inputs: [input], function: name }) as const;

function affineSteps(from: CaffeLayer, scale: number, shift: number) {
  return [
    ...(scale === 1 ? [] : [withNumber(from, 'multiply', 'scale', scale)]),
    ...(shift === 0 ? [] : [withNumber(from, 'add', 'shift', shift)]),
  ];
}

/** (shift + scale · x) ^ power. */
const power: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'power_param');
  const exponent = parameters.number('power', 1);
  const affine = affineSteps(from, parameters.number('scale', 1), parameters.number('shift', 0));
  const named: Readonly<Record<number, UnaryName>> = {
    2: 'square',
    0.5: 'sqrt',
    [-0.5]: 'rsqrt',
    [-1]: 'reciprocal',
  };
  if (exponent === 1) return chain(from, affine);
  const raised = named[exponent];
  return chain(from, [
    ...affine,
    raised ? ofOne(raised) : withNumber(from, 'power', 'power', exponent),
  ]);
};

/** base ^ (shift + scale · x); e unless told. */
const exponential: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'exp_param');
  const base = parameters.number('base', -1);
  const log = base === -1 ? 1 : Math.log(base);
  const [scale, shift] = [parameters.number('scale', 1) * log, parameters.number('shift', 0) * log];
  return chain(from, [...affineSteps(from, scale, shift), ofOne('exp')]);
};

const logarithm: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'log_param');
  const base = parameters.number('base', -1);
  const affine = affineSteps(from, parameters.number('scale', 1), parameters.number('shift', 0));
  const over = base === -1 ? [] : [withNumber(from, 'divide', 'base', Math.log(base))];
  return chain(from, [...affine, ofOne('log'), ...over]);
};

const threshold: CaffeRow = (from) => {
  const bound = parametersOf(from, 'threshold_param').number('threshold', 0);
  const above = withNumber(from, 'greater', 'threshold', bound);
  return chain(from, [above, (input) => ({ kind: 'cast', inputs: [input], to: 'float32' })]);
};

const eltwise: CaffeRow = (from) => {
  const { layer, bottoms } = from;
  const parameters = parametersOf(from, 'eltwise_param');
  const operation = parameters.choice('operation', ['SUM', 'PROD', 'MAX']);
  // Caffe's numbers: PROD 0, SUM 1, MAX 2.
  const named = parameters.words('operation').at(-1);
  const of = named === '0' ? 'PROD' : named === '1' ? 'SUM' : operation;
  parameters.ignore('stable_prod_grad');
  const factors = parameters.numbers('coeff');
  const shapes = bottoms.map((bottom) => shapeOf(from, bottom).join('×'));
  if (bottoms.length < 2 || new Set(shapes).size > 1)
    throw layer.fault(`inputs of ${shapes.join(', ')}`, 'two or more of one shape');
  if (factors.length > 0 && (of !== 'SUM' || factors.length !== bottoms.length)) {
    throw layer.fault(
      `${factors.length} factors of ${bottoms.length} inputs`,
      'one an input of a sum',
    );
  }
  if (of === 'SUM') {
    const terms = bottoms.map((bottom, at) => {
      const factor = factors[at] ?? 1;
      return factor === 1
        ? bottom
        : step(
            from,
            `scaled${at + 1}`,
            withNumber(from, 'multiply', `coeff${at + 1}`, factor)(bottom),
          );
    });
    return made(from, { kind: 'add', inputs: terms, activation: 'none' });
  }
  const name = of === 'PROD' ? 'multiply' : 'maximum';
  const [start = '', ...others] = bottoms;
  let value = start;
  for (const [at, other] of others.slice(0, -1).entries()) {
    value = step(from, `step${at + 1}`, { kind: 'binary', inputs: [value, other], function: name });
  }
  return made(from, { kind: 'binary', inputs: [value, others.at(-1) as string], function: name });
};

/** SENet's: the first input scales the channels of the second one, the third one is added. */
const axpy: CaffeRow = (from) => {
  const [factor = '', value = '', other = ''] = from.bottoms;
  if (from.bottoms.length !== 3) throw from.layer.fault(`${from.bottoms.length} inputs`, '3');
  const shape = [...shapeOf(from, factor).slice(0, 2), 1, 1];
  const wide = step(from, 'aligned', { kind: 'reshape', inputs: [factor], shape });
  const scaled = step(from, 'scaled', {
    kind: 'binary',
    inputs: [value, wide],
    function: 'multiply',
  });
  return made(from, { kind: 'add', inputs: [scaled, other], activation: 'none' });
};

const softmax: CaffeRow = (from) => {
  const axis = axisOf(
    from,
    parametersOf(from, 'softmax_param').number('axis', 1),
    shapeOf(from).length,
  );
  return made(from, { kind: 'softmax', inputs: [first(from)], ...(axis === 1 ? {} : { axis }) });
};

/** Over an axis and all behind it. */
const reduction: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'reduction_param');
  const operation = parameters.words('operation').at(-1) ?? 'SUM';
  const names = { SUM: 'sum', ASUM: 'l1', SUMSQ: 'sum-square', MEAN: 'mean' } as const;
  const name =
    names[operation as keyof typeof names] ??
    [undefined, ...Object.values(names)][Number(operation)];
  if (!name)
    throw from.layer.fault(`operation ${operation.slice(0, 20)}`, Object.keys(names).join(', '));
  const factor = parameters.number('coeff', 1);
  const rank = shapeOf(from).length;
  const start = axisOf(from, parameters.number('axis', 0), rank);
  const axes = Array.from({ length: rank - start }, (_, at) => start + at);
  const reduced = {
    kind: 'reduce',
    inputs: [first(from)],
    function: name,
    axes,
    keep: false,
  } as const;
  if (factor === 1) return made(from, reduced);
  return made(from, withNumber(from, 'multiply', 'coeff', factor)(step(from, 'reduced', reduced)));
};

/** Where the largest value is, as a number of its own kind. */
const argMax: CaffeRow = (from) => {
  const { layer } = from;
  const parameters = parametersOf(from, 'argmax_param');
  if (parameters.flag('out_max_val', false)) throw layer.fault('out_max_val', 'places alone');
  if (parameters.number('top_k', 1) !== 1) throw layer.fault('a top_k of more than 1', '1');
  const shape = shapeOf(from);
  const hasAxis = parameters.has('axis');
  const axis = hasAxis ? axisOf(from, parameters.number('axis', 0), shape.length) : 1;
  const flat = [shape[0] as number, sizeOf(shape.slice(1))];
  const input = hasAxis
    ? first(from)
    : step(from, 'flat', { kind: 'reshape', inputs: [first(from)], shape: flat });
  const place = step(from, 'place', {
    kind: 'arg',
    inputs: [input],
    function: 'max',
    axis,
    keep: true,
    last: false,
  });
  const float = { kind: 'cast', inputs: [place], to: 'float32' } as const;
  if (hasAxis) return made(from, float);
  return made(from, {
    kind: 'reshape',
    inputs: [step(from, 'float', float)],
    shape: [shape[0] as number, 1, 1],
  });
};

const pass: CaffeRow = (from) => [first(from)];

export const elementRows: Readonly<Record<string, CaffeRow>> = {
  ReLU: relu,
  ReLU6: (from) => made(from, { kind: 'relu', inputs: [first(from)], activation: 'relu6' }),
  ELU: unary('elu', (from) => [parametersOf(from, 'elu_param').number('alpha', 1)]),
  Sigmoid: withIgnored('sigmoid_param', unary('sigmoid')),
  TanH: withIgnored('tanh_param', unary('tanh')),
  AbsVal: unary('abs'),
  BNLL: unary('softplus'),
  Mish: unary('mish'),
  Swish: unary('swish', (from) => [parametersOf(from, 'swish_param').number('beta', 1)]),
  HSwish: unary('hard-swish'),
  HardSwish: unary('hard-swish'),
  HSigmoid: unary('hard-sigmoid', () => [1 / 6, 0.5]),
  HardSigmoid: unary('hard-sigmoid', (from) => {
    const parameters = parametersOf(from, 'hard_sigmoid_param');
    return [parameters.number('alpha', 0.2), parameters.number('beta', 0.5)];
  }),
  Clip: unary('clip', (from) => {
    const parameters = parametersOf(from, 'clip_param');
    return [
      parameters.number('min', Number.NEGATIVE_INFINITY),
      parameters.number('max', Number.POSITIVE_INFINITY),
    ];
  }),
  Power: power,
  Exp: exponential,
  Log: logarithm,
  Threshold: threshold,
  Eltwise: eltwise,
  Axpy: axpy,
  Softmax: softmax,
  Reduction: reduction,
  ArgMax: argMax,
  Dropout: withIgnored('dropout_param', pass, ['dropout_ratio', 'scale_train']),
  Split: pass,
};

/** A row whose parameters change no result. */
function withIgnored(kind: string, row: CaffeRow, fields: readonly string[] = []): CaffeRow {
  return (from) => {
    parametersOf(from, kind).ignore(...fields);
    return row(from);
  };
}
