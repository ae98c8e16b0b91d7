// What is counted of streams and strided walks, held against their AssemblyScript, which runs here
// as TypeScript with vectors that do nothing but count.

import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamCalls } from '../../../hw-models/host-model/calls/stream.js';
import { stridedCalls } from '../../../hw-models/host-model/calls/strided.js';
import type { CallCount, Touch } from '../../../hw-models/host-model/calls/work.js';
import { type LoopName, loopOf, turnsIn } from '../../../hw-models/host-model/loops.js';

/**
 * What running a function did: vectors loaded, instructions on vectors, bytes that were copied as a
 * whole.
 */
interface Ran {
  readonly loads: number;
  readonly instructions: number;
  readonly bulkBytes: number;
  readonly read: ReadonlySet<number>;
  readonly written: ReadonlySet<number>;
}

const LINE = 64;
const SHARED = ['vector', 'functions'];

/** The functions of asm/`name`.ts, each of which tells what it did. */
function running(name: string): Readonly<Record<string, (...values: readonly number[]) => Ran>> {
  const files = [...SHARED.map((file) => `shared/${file}`), name];
  const source = files
    .map((file) => readFileSync(`hw-models/host/asm/${file}.ts`, 'utf8'))
    .join('\n');
  const plain = source
    .replaceAll(/^(@inline|import .*|export (?=function|const))$/gm, '')
    .replaceAll('export function', 'function');
  const { code } = transformSync(plain, { loader: 'ts' });
  const exported = [
    ...readFileSync(`hw-models/host/asm/${name}.ts`, 'utf8').matchAll(/^export function (\w+)/gm),
  ];
  const names = exported.map(([, each]) => each as string);
  const make = new Function(
    ...[
      'v128',
      'f32x4',
      'i32x4',
      'load',
      'store',
      'memory',
      'sqrt',
      'NativeMath',
      'ASC_FEATURE_RELAXED_SIMD',
    ],
    `${code}\nreturn { ${names.join()} };`,
  );
  let ran = {
    loads: 0,
    instructions: 0,
    bulkBytes: 0,
    read: new Set<number>(),
    written: new Set<number>(),
  };
  const lines = (into: Set<number>, address: number, bytes: number) => {
    for (let line = Math.floor(address / LINE); line * LINE < address + bytes; line++)
      into.add(line);
  };
  const load = (bytes: number) => (address: number) => {
    ran.loads++;
    lines(ran.read, address, bytes);
    return 1;
  };
  const store = (bytes: number) => (address: number) => lines(ran.written, address, bytes);
  const counted = () => {
    ran.instructions++;
    return 1;
  };
  const instructions = (others: object) =>
    new Proxy(others, {
      get: (own, key) => Reflect.get(own, key) ?? (key === 'splat' ? () => 1 : counted),
    });
  const memories = {
    load: load(16),
    load32_splat: load(4),
    store: store(16),
    store32_lane: store(4),
  };
  const i32x4 = instructions(() => 1);
  const memory = {
    copy(to: number, from: number, bytes: number) {
      ran.bulkBytes += bytes;
      lines(ran.read, from, bytes);
      lines(ran.written, to, bytes);
    },
    fill: (to: number, _value: number, bytes: number) => lines(ran.written, to, bytes),
  };
  const functions = make(
    ...[
      instructions(memories),
      instructions({}),
      i32x4,
      load(4),
      store(4),
      memory,
      Math.sqrt,
      Math,
      true,
    ],
  ) as Readonly<Record<string, (...values: readonly number[]) => void>>;
  return Object.fromEntries(
    names.map((each) => [
      each,
      (...values) => {
        ran = { loads: 0, instructions: 0, bulkBytes: 0, read: new Set(), written: new Set() };
        functions[each]?.(...values);
        return ran;
      },
    ]),
  );
}

function count(call: CallCount, values: readonly number[]) {
  const work = call(values, { words: () => new Uint32Array(), activations: new Float32Array() });
  const [piece] = 'turns' in work ? [work] : work;
  if (!piece) throw new Error('nothing was counted');
  const sum = (of: 'loads' | 'instructions', but: readonly LoopName[] = []) =>
    turnsIn(piece.turns).reduce(
      (all, [name, times]) => all + (but.includes(name) ? 0 : loopOf(name)[of] * times),
      0,
    );
  return { ...piece, sum };
}

const linesOf = (touches: readonly Touch[], writes: boolean) =>
  touches
    .filter((touch) => (touch.writes ?? false) === writes)
    .reduce((sum, { bytes }) => sum + bytes / LINE, 0);

const [INPUT, SECOND, OUTPUT, ROOM] = [2 ** 20, 2 ** 24, 2 ** 25, 2 ** 26];
const small = fc.integer({ min: 1, max: 9 });

describe('streams', () => {
  const stream = running('stream');

  it('counts the loads and, but for clips, about the instructions of every function of single values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 1, max: 300 }),
        (which, values) => {
          const counted = count(streamCalls.apply, [which, INPUT, OUTPUT, values, 0, 1]);
          const ran = stream.apply?.(which, INPUT, OUTPUT, values, 0, 1);
          expect(counted.sum('loads')).toBe(ran?.loads);
          expect(linesOf(counted.touches, true)).toBeWithin(0.01, values / 16);
          if (ran && ![5, 6].includes(which)) {
            const shares = counted.sum('instructions') / ran.instructions;
            expect(shares, `function ${which}`).toBeGreaterThan(0.3);
            expect(shares, `function ${which}`).toBeLessThan(1.01);
          }
        },
      ),
    );
  });

  it('counts softmax and normalisation of rows', () => {
    fc.assert(
      fc.property(
        small,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 1 }),
        (rows, width, choice) => {
          const softmax = [INPUT, OUTPUT, rows, width, choice];
          // Values left over are divided one by one and counted so, next to a last vector of which
          // the rest is done.
          const twice = choice === 0 && width % 4 > 0 ? rows : 0;
          const loads = count(streamCalls.softmaxRows, softmax).sum('loads');
          expect(loads - twice).toBe(stream.softmaxRows?.(...softmax).loads);
          const normalise = [INPUT, OUTPUT, rows, width, SECOND, ROOM, 1e-5, choice];
          const counted = count(streamCalls.normaliseRows, normalise);
          expect(counted.sum('loads')).toBe(stream.normaliseRows?.(...normalise).loads);
          const lines = [INPUT, OUTPUT, rows, width, width * 16, ROOM];
          expect(count(streamCalls.softmaxLines, lines).sum('loads')).toBe(
            stream.softmaxLines?.(...lines).loads,
          );
        },
      ),
    );
  });

  it('counts the instructions of softmax and normalisation where rows are whole vectors', () => {
    fc.assert(
      fc.property(small, small, (rows, quarter) => {
        const normalise = [INPUT, OUTPUT, rows, 4 * quarter, SECOND, ROOM, 1e-5, 1];
        const ran = stream.normaliseRows?.(...normalise);
        const across = count(streamCalls.normaliseRows, normalise).sum('instructions', ['meanRow']);
        expect(ran?.instructions).toBeGreaterThanOrEqual(across);
        expect(ran?.instructions).toBeLessThanOrEqual(across + 12 * rows);
        const softmax = [INPUT, OUTPUT, rows, 4 * quarter, 0];
        const inRows = count(streamCalls.softmaxRows, softmax).sum('instructions', ['softmaxRow']);
        expect(stream.softmaxRows?.(...softmax).instructions).toBeGreaterThanOrEqual(inRows);
        expect(stream.softmaxRows?.(...softmax).instructions).toBeLessThanOrEqual(
          inRows + 10 * rows,
        );
      }),
    );
  });
});

describe('strided walks', () => {
  const strided = running('strided');
  const axes = fc.tuple(small, small, small, fc.integer({ min: 1, max: 90 }));
  /**
   * Strides of a tensor of these extents whose axes lie in that order, some of them broadcast, with
   * gaps between lines.
   */
  const stridesOf = (
    extents: readonly number[],
    order: readonly number[],
    still: readonly boolean[],
    gap: number,
  ) => {
    const strides = [0, 0, 0, 0];
    let stride = 4;
    for (const axis of order.toReversed()) {
      if (still[axis]) continue;
      strides[axis] = stride;
      stride = stride * (extents[axis] as number) + gap;
    }
    return strides;
  };
  const gaps = fc.constantFrom(0, 0, 4, 64);
  const flags = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean());
  const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
  const plain = [false, false, false, false];

  it('counts what copies load, and about the lines that they go through', () => {
    fc.assert(
      fc.property(axes, orders, gaps, (extents, order, gap) => {
        const [from, to] = [
          stridesOf(extents, order, plain, gap),
          stridesOf(extents, [0, 1, 2, 3], plain, gap),
        ];
        const values = [INPUT, OUTPUT, ...extents, ...from, ...to];
        const ran = strided.move?.(...values) as Ran;
        const { sum, touches } = count(stridedCalls.move, values);
        expect(sum('loads', ['compactRow', 'gatherRow'])).toBe(ran.loads + ran.bulkBytes / 16);
        for (const [writes, lines] of [
          [false, ran.read.size],
          [true, ran.written.size],
        ] as const) {
          expect(linesOf(touches, writes)).toBeLessThanOrEqual(2 * lines + 1);
          expect(linesOf(touches, writes)).toBeGreaterThanOrEqual(0.4 * lines - 1.5);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('counts the values of functions of two operands, and about the lines that they go through', () => {
    fc.assert(
      fc.property(
        axes,
        flags,
        flags,
        fc.integer({ min: 0, max: 6 }),
        (extents, left, right, which) => {
          const own = [0, 1, 2, 3];
          const strides = [left, right].map((still) => stridesOf(extents, own, still, 0));
          const output = stridesOf(extents, own, plain, 0);
          const values = [
            which,
            INPUT,
            SECOND,
            OUTPUT,
            ...extents,
            ...strides.flat(),
            ...output.slice(0, 3),
          ];
          const ran = strided.combine?.(...values) as Ran;
          const { turns, touches } = count(stridedCalls.combine, values);
          const { combineVector = 0, addVector = 0, quotientVector = 0, combineValue = 0 } = turns;
          // A squared difference is two instructions.
          expect(
            (combineVector + addVector + quotientVector + combineValue) * (which === 6 ? 2 : 1),
          ).toBe(ran.instructions);
          expect(linesOf(touches, true)).toBeWithin(
            0.01,
            extents.reduce((product, extent) => product * extent, 1) / 16,
          );
          expect(linesOf(touches, false)).toBeLessThanOrEqual(2 * ran.read.size + 1);
          expect(linesOf(touches, false)).toBeGreaterThanOrEqual(0.4 * ran.read.size - 1.5);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('goes through what is written in parts of lines as often as there are parts', () => {
    // 64 columns of 32 values each, turned: of a line of the result 4 times a quarter is written.
    const [rows, columns] = [32, 64];
    const values = [INPUT, OUTPUT, 1, 1, rows, columns, 0, 0, 4, rows * 4, 0, 0, columns * 4, 4];
    const { touches } = count(stridedCalls.move, values);
    expect(touches.map(({ passes = 1 }) => passes)).toEqual([1, 4]);
  });
});
