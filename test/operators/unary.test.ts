import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundBfloat16, roundFloat16, roundHalfEven } from '../../workloads/operators/elements.js';
import { erf, erfc } from '../../workloads/operators/error-function.js';
import { type UnaryName, unaryFunctions, unaryOperators } from '../../workloads/operators/unary.js';
import { describeWithOnnx, type OnnxAttribute } from './onnx-judge.js';
import { agree, demandOf, random, runRow, tensor, valuesIn } from './rows.js';

const { unary } = unaryOperators;

describe('rounding', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-2.5, -2],
    [2.4999, 2],
    [-3.7, -4],
  ])('rounds %d to %d', (value, expected) => {
    expect(Math.abs(roundHalfEven(value) - expected)).toBe(0);
  });

  it.each([
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [65504, 65504],
    [65519, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e9, Number.NEGATIVE_INFINITY],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [2 ** -25 * 1.01, 2 ** -24],
    [Number.NaN, Number.NaN],
  ])('makes the float16 of %d %d', (value, expected) => {
    expect(roundFloat16(value)).toBe(expected);
  });

  it('keeps a bfloat16 to 8 bits and its range to that of a float32', () => {
    expect(roundBfloat16(1 + 2 ** -8)).toBe(1);
    expect(roundBfloat16(1 + 3 * 2 ** -8)).toBe(1 + 2 ** -6);
    expect(roundBfloat16(3.3895313892515355e38)).toBe(3.3895313892515355e38);
    expect(roundBfloat16(3.4028234663852886e38)).toBe(Number.POSITIVE_INFINITY);
    expect(roundBfloat16(-(2 ** -133))).toBe(-(2 ** -133));
  });

  it('finds the nearest of all float16 numbers', () => {
    const all = Array.from({ length: 0x7c00 }, (_, bits) => {
      const [exponent, fraction] = [bits >> 10, bits & 1023];
      return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0x7bfe }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (bits, part) => {
          const [below, above] = [all[bits] as number, all[bits + 1] as number];
          const value = below + part * (above - below);
          const even = bits % 2 === 0 ? below : above;
          const middle = (below + above) / 2;
          expect(roundFloat16(value)).toBe(
            value === middle ? even : value < middle ? below : above,
          );
        },
      ),
    );
  });
});

describe('the error function', () => {
  // Abramowitz and Stegun, Handbook of Mathematical Functions, table 7.1; the tails from Python's
  // math.erfc.
  it.each([
    [0.1, 0.1124629160182849, 0.8875370839817152],
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [1, 0.8427007929497149, 0.15729920705028513],
    [2, 0.9953222650189527, 0.004677734981047266],
    [2.6, 0.9997639655834707, 0.00023603441652934922],
    [4, 0.9999999845827421, 1.541725790028002e-8],
    [10, 1, 2.088487583762545e-45],
  ])('of %d', (x, value, complement) => {
    expect(erf(x)).toBeWithin(1e-14, value);
    expect(erf(-x)).toBeWithin(1e-14, -value);
    expect(erfc(x)).toBeWithin(1e-13, complement);
    expect(erfc(-x)).toBeWithin(1e-14, 1 + value);
  });

  it('of no number and of infinity', () => {
    expect(erf(Number.NaN)).toBeNaN();
    expect(erf(Number.POSITIVE_INFINITY)).toBe(1);
    expect(erfc(Number.NEGATIVE_INFINITY)).toBe(2);
  });
});

describe('unary', () => {
  it.each<[UnaryName, readonly number[], readonly number[], readonly number[]]>([
    ['relu', [], [-1, 0, 2], [0, 0, 2]],
    ['clip', [-1, 6], [-3, 2, 9], [-1, 2, 6]],
    ['clip', [0], [-3, 2, 9], [0, 2, 9]],
    // Where the bounds cross, the upper one counts.
    ['clip', [4, 2], [1, 3, 5], [2, 2, 2]],
    ['leaky-relu', [0.25], [-4, 4], [-1, 4]],
    ['thresholded-relu', [], [0.5, 1, 1.5], [0, 0, 1.5]],
    ['hard-sigmoid', [0.25, 0.5], [-4, 0, 1, 4], [0, 0.5, 0.75, 1]],
    ['hard-swish', [], [-3, 0, 3, 6], [0, 0, 3, 6]],
    ['shrink', [0.5, 1], [-2, -1, 0.5, 3], [-1.5, 0, 0, 2.5]],
    ['round', [], [0.5, 1.5, 2.5], [0, 2, 2]],
    ['sign', [], [-3, 0, 5], [-1, 0, 1]],
    ['softsign', [], [-1, 1, 3], [-0.5, 0.5, 0.75]],
    ['square', [], [-3, 0.5], [9, 0.25]],
    ['rsqrt', [], [4, 0.25], [0.5, 2]],
    ['reciprocal', [], [4, -0.5], [0.25, -2]],
  ])('%s with %j of %j', (name, parameters, x, expected) => {
    const found = valuesIn(unary, { function: name, parameters }, [tensor([x.length], x)]);
    expect(found.map((value) => value + 0)).toEqual(expected);
  });

  it('wraps integers and keeps their type', () => {
    expect(valuesIn(unary, { function: 'neg' }, [tensor([2], [-128, 5], 'int8')])).toEqual([
      -128, -5,
    ]);
    expect(valuesIn(unary, { function: 'bitwise-not' }, [tensor([2], [0, 200], 'uint8')])).toEqual([
      255, 55,
    ]);
    expect(valuesIn(unary, { function: 'bitwise-not' }, [tensor([2], [0, 5], 'int64')])).toEqual([
      -1, -6,
    ]);
    expect(valuesIn(unary, { function: 'bitwise-not' }, [tensor([1], [3], 'uint4')])).toEqual([12]);
  });

  it('tells infinities apart', () => {
    const x = tensor([3], [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY]);
    expect(valuesIn(unary, { function: 'is-inf' }, [x])).toEqual([1, 0, 1]);
    expect(valuesIn(unary, { function: 'is-inf', parameters: [0, 1] }, [x])).toEqual([0, 0, 1]);
    expect(runRow(unary, { function: 'is-inf' }, [x])[0]?.type).toBe('bool');
  });

  it('stays finite where the parts overflow', () => {
    const x = tensor([2], [-200, 200], 'float64');
    for (const name of [
      'softplus',
      'mish',
      'swish',
      'gelu',
      'gelu-tanh',
      'quick-gelu',
      'elu',
      'log-sigmoid',
    ] as const) {
      const [left, right] = valuesIn(unary, { function: name }, [x]) as [number, number];
      expect(Number.isFinite(left) && Number.isFinite(right), name).toBe(true);
    }
  });

  it('costs what the function costs, an element', () => {
    expect(demandOf(unary, { function: 'sigmoid' }, [random([1, 3, 4], 0)])).toEqual({
      ...{ kind: 'stream', inputs: 12, looks: 12, passes: 1, outputs: 12 },
      operations: { add: 12, multiply: 0, exponential: 12, divide: 12 },
    });
    for (const { each } of Object.values(unaryFunctions))
      expect(Object.keys(each).length).toBeGreaterThan(0);
  });
});

interface OnnxUnary {
  readonly opType: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly parameters?: readonly number[];
  readonly domain?: string;
  /** What of the numbers from −3 to 3 the function is asked. */
  readonly of?: (x: number) => number;
  readonly opset?: number;
}

const positive = (x: number) => Math.abs(x) + 0.1;
const inside = (x: number) => x / 3.1;
const onnxUnary: Partial<Record<UnaryName, readonly OnnxUnary[]>> = {
  abs: [{ opType: 'Abs' }],
  acos: [{ opType: 'Acos', of: inside }],
  acosh: [{ opType: 'Acosh', of: (x) => Math.abs(x) + 1 }],
  asin: [{ opType: 'Asin', of: inside }],
  asinh: [{ opType: 'Asinh' }],
  atan: [{ opType: 'Atan' }],
  atanh: [{ opType: 'Atanh', of: inside }],
  ceil: [{ opType: 'Ceil' }],
  celu: [
    { opType: 'Celu' },
    { opType: 'Celu', attributes: { alpha: { f: 0.5 } }, parameters: [0.5] },
  ],
  cos: [{ opType: 'Cos' }],
  cosh: [{ opType: 'Cosh' }],
  elu: [{ opType: 'Elu' }, { opType: 'Elu', attributes: { alpha: { f: 0.5 } }, parameters: [0.5] }],
  erf: [{ opType: 'Erf' }],
  exp: [{ opType: 'Exp' }],
  floor: [{ opType: 'Floor' }],
  gelu: [{ opType: 'Gelu' }],
  'gelu-tanh': [{ opType: 'Gelu', attributes: { approximate: { s: 'tanh' } } }],
  'hard-sigmoid': [
    { opType: 'HardSigmoid' },
    {
      opType: 'HardSigmoid',
      attributes: { alpha: { f: 0.5 }, beta: { f: 0.25 } },
      parameters: [0.5, 0.25],
    },
  ],
  'hard-swish': [{ opType: 'HardSwish' }],
  'is-nan': [{ opType: 'IsNaN', of: (x) => (x > 1 ? Number.NaN : x) }],
  'is-inf': [{ opType: 'IsInf', of: (x) => (x > 1 ? Number.POSITIVE_INFINITY : x) }],
  'leaky-relu': [
    { opType: 'LeakyRelu' },
    { opType: 'LeakyRelu', attributes: { alpha: { f: 0.5 } }, parameters: [0.5] },
  ],
  log: [{ opType: 'Log', of: positive }],
  mish: [{ opType: 'Mish' }],
  neg: [{ opType: 'Neg' }],
  'quick-gelu': [{ opType: 'QuickGelu', domain: 'com.microsoft' }],
  reciprocal: [{ opType: 'Reciprocal', of: positive }],
  relu: [{ opType: 'Relu' }],
  round: [{ opType: 'Round', of: (x) => Math.round(x * 2) / 2 }],
  selu: [{ opType: 'Selu' }],
  shrink: [
    { opType: 'Shrink' },
    {
      opType: 'Shrink',
      attributes: { bias: { f: 0.25 }, lambd: { f: 1.5 } },
      parameters: [0.25, 1.5],
    },
  ],
  sigmoid: [{ opType: 'Sigmoid' }],
  sign: [{ opType: 'Sign' }],
  sin: [{ opType: 'Sin' }],
  sinh: [{ opType: 'Sinh' }],
  softplus: [{ opType: 'Softplus' }],
  softsign: [{ opType: 'Softsign' }],
  sqrt: [{ opType: 'Sqrt', of: positive }],
  tan: [{ opType: 'Tan', of: inside }],
  tanh: [{ opType: 'Tanh' }],
  'thresholded-relu': [
    { opType: 'ThresholdedRelu' },
    { opType: 'ThresholdedRelu', attributes: { alpha: { f: 0.25 } }, parameters: [0.25] },
  ],
};

describeWithOnnx('unary as in ONNX Runtime', () => {
  const cases = Object.entries(onnxUnary).flatMap(([name, forms]) =>
    forms.map((form) => [name as UnaryName, form] as const),
  );
  it.each(cases)(
    '%s %j',
    async (name, { opType, attributes = {}, parameters, domain, of = (x) => x }) => {
      const x = random([2, 3, 4], 4);
      const input = tensor(x.shape, [...x.values].map(of));
      await agree(unary, { function: name, ...(parameters ? { parameters } : {}) }, [input], {
        ...{ opType, attributes },
        ...(domain ? { domain } : {}),
      });
    },
  );

  it('with float16 elements', async () => {
    for (const [name, opType] of [
      ['tanh', 'Tanh'],
      ['sqrt', 'Sqrt'],
      ['exp', 'Exp'],
    ] as const) {
      const x = random([2, 5], 3, 'float16');
      const input = { ...x, values: x.values.map(Math.abs) };
      // One unit in the last place: it rounds float32 results of its own.
      await agree(unary, { function: name }, [input], { opType }, { tolerance: 2 ** -10 });
    }
  });

  it('with integers', async () => {
    await agree(
      unary,
      { function: 'abs' },
      [random([7], 1, 'int32')],
      { opType: 'Abs' },
      { tolerance: 0 },
    );
    await agree(
      unary,
      { function: 'neg' },
      [random([7], 1, 'int64')],
      { opType: 'Neg' },
      { tolerance: 0 },
    );
    await agree(
      unary,
      { function: 'sign' },
      [random([7], 1, 'int8')],
      { opType: 'Sign' },
      { tolerance: 0 },
    );
    await agree(
      unary,
      { function: 'not' },
      [random([7], 1, 'bool')],
      { opType: 'Not' },
      { tolerance: 0 },
    );
    await agree(unary, { function: 'bitwise-not' }, [random([7], 1, 'uint16')], {
      opType: 'BitwiseNot',
    });
  });
});
