import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BinaryName, elementwiseOperators } from '../../workloads/operators/binary.js';
import { roundBfloat16, roundFloat16, roundHalfEven } from '../../workloads/operators/elements.js';
import { erf, erfc } from '../../workloads/operators/error-function.js';
import { type UnaryName, unaryFunctions, unaryOperators } from '../../workloads/operators/unary.js';
import {
  broadcastShape,
  type ElementType,
  stridesOf,
  type Tensor,
} from '../../workloads/tensor.js';
import { describeWithOnnx, type OnnxAttribute } from './onnx-judge.js';
import {
  agree,
  broadcastable,
  demandOf,
  fault,
  random,
  runRow,
  runs,
  seeds,
  tensor,
  valuesIn,
} from './rows.js';

const { unary } = unaryOperators;
const { binary, where, cast } = elementwiseOperators;

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

describe('binary', () => {
  it.each<[BinaryName, ElementType, readonly number[], readonly number[], readonly number[]]>([
    ['divide', 'int32', [7, -7, 7, 5], [2, 2, -2, 0], [3, -3, -3, 0]],
    ['floor-divide', 'int32', [7, -7], [2, 2], [3, -4]],
    ['add', 'int8', [127, -128], [1, -1], [-128, 127]],
    ['subtract', 'uint8', [1, 5], [2, 3], [255, 2]],
    ['multiply', 'int32', [123456789, -3], [987654321, 7], [Math.imul(123456789, 987654321), -21]],
    ['multiply', 'uint32', [0xffffffff], [0xffffffff], [1]],
    ['modulo', 'int32', [5, -5, 5, -5, 6], [3, 3, -3, -3, 3], [2, 1, -1, -2, 0]],
    ['remainder', 'int32', [5, -5, 5, -5], [3, 3, -3, -3], [2, -2, 2, -2]],
    ['remainder', 'float32', [5.5, -5.5], [2, 2], [1.5, -1.5]],
    ['power', 'int32', [3, -2], [4, 3], [81, -8]],
    ['bitwise-and', 'int64', [2 ** 40 + 5, -1], [2 ** 40 + 4, 12], [2 ** 40 + 4, 12]],
    ['bitwise-or', 'uint32', [0x80000000], [1], [0x80000001]],
    ['bitwise-xor', 'int16', [-1], [1], [-2]],
    ['shift-left', 'uint8', [3, 129, 1], [1, 1, 8], [6, 2, 0]],
    ['shift-left', 'uint64', [2 ** 40], [4], [2 ** 44]],
    ['shift-right', 'uint32', [0xf0000000], [28], [15]],
    ['prelu', 'float32', [-2, 2], [0.5, 0.5], [-1, 2]],
    ['divide-no-nan', 'float32', [1, 6], [0, 3], [0, 2]],
  ])('%s of %s %j and %j', (name, type, left, right, expected) => {
    const inputs = [tensor([left.length], left, type), tensor([right.length], right, type)];
    expect(valuesIn(binary, { function: name }, inputs).map((value) => value + 0)).toEqual(
      expected,
    );
  });

  it('reads the element that each index broadcasts to', () => {
    fc.assert(
      fc.property(broadcastable, seeds, ({ left, right }, seed) => {
        const [a, b] = [random(left, seed), random(right, seed + 1)];
        const [found] = runRow(binary, { function: 'subtract' }, [a, b]) as [Tensor];
        expect(found.shape).toEqual(broadcastShape([left, right]));
        const strides = stridesOf(found.shape);
        const read = ({ shape, values }: Tensor, at: number) => {
          const missing = found.shape.length - shape.length;
          const own = stridesOf(shape);
          const offset = shape.reduce((sum, extent, axis) => {
            const all = found.shape[axis + missing] as number;
            const index = Math.floor(at / (strides[axis + missing] as number)) % all;
            return sum + (extent === 1 ? 0 : index) * (own[axis] as number);
          }, 0);
          return values[offset] as number;
        };
        expect([...found.values]).toEqual(
          [...found.values].map((_, at) => Math.fround(read(a, at) - read(b, at))),
        );
      }),
    );
  });

  it('refuses shapes that do not fit, types that differ, and a slope larger than what it is for', () => {
    const infer = (name: BinaryName, left: Tensor, right: Tensor) =>
      binary.infer({ function: name }, [left, right], fault);
    expect(() => infer('add', random([2, 3], 0), random([2], 0))).toThrow(
      'found operands of 2×3 and 2',
    );
    expect(() => infer('add', random([2], 0), random([2], 0, 'int8'))).toThrow(
      'found float32 and int8',
    );
    expect(() => infer('prelu', random([2], 0), random([3, 2], 0))).toThrow(
      'one that broadcasts to 2',
    );
    expect(infer('power', random([2], 0), random([2], 0, 'int64'))[0]?.type).toBe('float32');
  });

  it('costs an operation an output, whatever broadcasts', () => {
    expect(
      demandOf(binary, { function: 'multiply' }, [random([1, 3, 4], 0), random([4], 0)]),
    ).toEqual({
      ...{ kind: 'stream', inputs: 16, looks: 16, passes: 1, outputs: 12 },
      operations: { add: 0, multiply: 12, exponential: 0, divide: 0 },
    });
  });
});

const onnxBinary: readonly (readonly [
  BinaryName,
  string,
  readonly ElementType[],
  Record<string, OnnxAttribute>?,
])[] = [
  ['add', 'Add', ['float32', 'float64', 'int32', 'int64', 'float16']],
  ['subtract', 'Sub', ['float32', 'int32', 'int64']],
  ['multiply', 'Mul', ['float32', 'int32', 'int64']],
  ['divide', 'Div', ['float32', 'int32', 'int64']],
  ['minimum', 'Min', ['float32', 'int32', 'uint32']],
  ['maximum', 'Max', ['float32', 'int64']],
  ['modulo', 'Mod', ['int32', 'int64', 'uint8']],
  ['remainder', 'Mod', ['float32', 'int32'], { fmod: { i: 1 } }],
  ['equal', 'Equal', ['float32', 'int64', 'bool']],
  ['greater', 'Greater', ['float32', 'int32']],
  ['less', 'Less', ['float32', 'int64']],
  ['greater-or-equal', 'GreaterOrEqual', ['float32']],
  ['less-or-equal', 'LessOrEqual', ['int32']],
  ['and', 'And', ['bool']],
  ['or', 'Or', ['bool']],
  ['xor', 'Xor', ['bool']],
  ['bitwise-and', 'BitwiseAnd', ['int32', 'uint8', 'int64']],
  ['bitwise-or', 'BitwiseOr', ['int32', 'uint64']],
  ['bitwise-xor', 'BitwiseXor', ['int16', 'int64']],
];

describeWithOnnx('binary as in ONNX Runtime', () => {
  const cases = onnxBinary.flatMap(([name, opType, types, attributes = {}]) =>
    types.map((type) => [name, type, { opType, attributes }] as const),
  );
  it.each(cases)('%s of %s', async (name, type, operator) => {
    const left = random([2, 3, 4], 4, type);
    const randomRight = random([3, 1], 8, type);
    const isDivision = ['divide', 'modulo', 'remainder'].includes(name);
    const right = isDivision
      ? { ...randomRight, values: randomRight.values.map((value) => value || 3) }
      : randomRight;
    await agree(binary, { function: name }, [left, right], operator, { tolerance: 1e-6 });
  });

  it('power', async () => {
    const left = tensor([2, 3], [0, 1, 2, 3, 4, 5]);
    await agree(binary, { function: 'power' }, [left, tensor([3], [2, 0.5, -1])], {
      opType: 'Pow',
    });
    const whole = tensor([2, 3], [0, 1, 2, 3, 4, 5], 'int32');
    await agree(
      binary,
      { function: 'power' },
      [whole, tensor([], [1.5])],
      { opType: 'Pow' },
      { tolerance: 0 },
    );
  });

  it('prelu and shifts', async () => {
    await agree(binary, { function: 'prelu' }, [random([2, 3, 4], 1), random([3, 1], 2)], {
      opType: 'PRelu',
    });
    const shifts = tensor([4], [0, 1, 3, 7], 'uint8');
    for (const [name, direction] of [
      ['shift-left', 'LEFT'],
      ['shift-right', 'RIGHT'],
    ] as const) {
      const operator = { opType: 'BitShift', attributes: { direction: { s: direction } } };
      await agree(binary, { function: name }, [random([3, 4], 1, 'uint8'), shifts], operator, {
        tolerance: 0,
      });
    }
  });

  it('where', async () => {
    await fc.assert(
      fc.asyncProperty(broadcastable, seeds, async ({ left, right }, seed) => {
        const inputs = [random([1], seed, 'bool'), random(left, seed), random(right, seed + 1)];
        await agree(where, {}, inputs, { opType: 'Where' }, { tolerance: 0 });
      }),
      runs(20),
    );
  });
});

describe('cast', () => {
  it.each<[ElementType, ElementType, readonly number[], readonly number[]]>([
    ['float32', 'int32', [1.9, -1.9, 0], [1, -1, 0]],
    ['float32', 'int8', [300, -129, 127.9], [44, 127, 127]],
    ['int32', 'uint8', [-1, 256, 511], [255, 0, 255]],
    ['float32', 'bool', [0, -0.5, 3], [0, 1, 1]],
    ['int32', 'int4', [7, 8, -9], [7, -8, 7]],
    ['int32', 'uint4', [15, 16, -1], [15, 0, 15]],
    ['int64', 'int32', [2 ** 32 + 5, -1], [5, -1]],
    ['float64', 'float32', [0.1], [Math.fround(0.1)]],
    ['float32', 'float16', [0.1, 70000], [0.0999755859375, Number.POSITIVE_INFINITY]],
    ['float32', 'bfloat16', [0.1], [0.10009765625]],
    ['int32', 'uint64', [-1], [2 ** 64]],
  ])('%s to %s of %j', (from, to, x, expected) => {
    expect(valuesIn(cast, { to }, [tensor([x.length], x, from)])).toEqual(expected);
  });

  it('saturates when told to', () => {
    const x = tensor([4], [-1e9, -3.7, 3.7, 1e9]);
    expect(valuesIn(cast, { to: 'int8', saturate: true }, [x])).toEqual([-128, -3, 3, 127]);
    expect(valuesIn(cast, { to: 'uint4', saturate: true }, [x])).toEqual([0, 0, 3, 15]);
  });

  it('streams even where the type stays', () => {
    expect(demandOf(cast, { to: 'float32' }, [random([3], 0)])).toMatchObject({
      kind: 'stream',
      inputs: 3,
      outputs: 3,
    });
  });
});

describeWithOnnx('cast as in ONNX Runtime', () => {
  const codes = {
    float32: 1,
    uint8: 2,
    int8: 3,
    int16: 5,
    int32: 6,
    int64: 7,
    bool: 9,
    float16: 10,
    float64: 11,
  };
  const types = Object.keys(codes) as (keyof typeof codes)[];
  it.each(types.flatMap((from) => types.map((to) => [from, to] as const)))(
    '%s to %s',
    async (from, to) => {
      // Floats beyond the target's range are undefined in ONNX.
      const x = random([40], 3, from);
      const input =
        to === 'uint8' && from !== 'bool' ? { ...x, values: x.values.map(Math.abs) } : x;
      await agree(
        cast,
        { to },
        [input],
        { opType: 'Cast', attributes: { to: { i: codes[to] } } },
        { tolerance: 0 },
      );
    },
  );

  it('float32 to float16 and bfloat16, whose halves go to even', async () => {
    const x = random([200], 7);
    for (const [to, code] of [
      ['float16', 10],
      ['bfloat16', 16],
    ] as const) {
      await agree(
        cast,
        { to },
        [x],
        { opType: 'Cast', attributes: { to: { i: code } } },
        { tolerance: 0 },
      );
    }
  });
});
