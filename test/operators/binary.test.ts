import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BinaryName, elementwiseOperators } from '../../workloads/operators/binary.js';
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

const { binary, where, cast } = elementwiseOperators;

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
