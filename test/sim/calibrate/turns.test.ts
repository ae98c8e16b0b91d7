import { describe, expect, it } from 'vitest';
import { readyCalls } from '../../../hw-models/host/engine/ready-calls.js';
import { countCall } from '../../../hw-models/host-model/calls/index.js';
import { type LoopName, loopNames, turnsIn } from '../../../hw-models/host-model/loops.js';
import { nativeLoopNames } from '../../../hw-models/host-model/native-loops.js';
import { farLayers, nearLayers } from '../../../sim/calibrate/layers.js';
import { type FarSample, solveLines } from '../../../sim/calibrate/lines.js';
import { nativeNearLayers } from '../../../sim/calibrate/native-layers.js';
import { inTurns, repetitionsOf } from '../../../sim/calibrate/timing.js';
import { allTurns, type Sample, solveTurns } from '../../../sim/calibrate/turns.js';
import { library } from '../../hw-models/host/native-library.js';

const CLOCK = 1e9;

describe('inTurns', () => {
  it('takes the best of rounds of all, until the budget is spent', () => {
    let now = 0;
    const took = [4, 2, 9, 3, 8, 1, 7, 7, 7, 7, 7, 7];
    const timed = inTurns(
      ['a', 'b'],
      { clock: () => now, budget: 12, atLeast: 0, rounds: 5 },
      () => {
        const seconds = took.shift() ?? 5;
        now += 1;
        return seconds;
      },
    );
    // Six rounds of two: a took 4, 9, 8, 7, 7, 7 and b 2, 3, 1, 7, 7, 7.
    expect(timed).toEqual([
      { seconds: 4, spread: 7 / 4 },
      { seconds: 1, spread: 5 },
    ]);
  });
});

describe('repetitionsOf', () => {
  it('doubles until it takes long enough', () => {
    let now = 0;
    const timing = { clock: () => now, budget: 1, atLeast: 10, rounds: 5 };
    expect(repetitionsOf(() => (now += 3), timing)).toBe(4);
  });
});

const PLAIN = { fused: false, native: null };

/** Every call of the calibration layers, with its turns. */
const calls = nearLayers().flatMap((layer) =>
  readyCalls(layer.kernel, layer.layer, layer.weights, layer.input, PLAIN, layer.batch).map(
    ({ call, words }) => ({
      kernel: layer.kernel.name,
      what: call.function,
      turns: allTurns(countCall(call, { words, activations: layer.input })),
    }),
  ),
);

describe('solveTurns', () => {
  /** What each loop takes: no two alike, none below its multiply-adds at 8 a cycle. */
  const truth = new Map<LoopName, number>(loopNames.map((name, at) => [name, 6 + ((at * 7) % 13)]));

  /**
   * The real calibration layers' turns, at made-up times: `disturb` tells a call's time from what
   * it should be.
   */
  function samples(disturb: (seconds: number, at: number) => number): readonly Sample[] {
    const few = calls.filter(({ kernel }) =>
      ['sparse-convolution', 'dense-convolution', 'pool'].includes(kernel),
    );
    return few.map(({ what, turns }, at) => {
      const cycles = turnsIn(turns).reduce(
        (sum, [name, times]) => sum + times * (truth.get(name) ?? 0),
        0,
      );
      return { what, turns, seconds: disturb(cycles / CLOCK, at), spread: 1 };
    });
  }

  const DECISIVE: readonly LoopName[] = [
    'denseTap',
    'denseNarrowTap',
    'sparseEntry7',
    'sparseEntry4',
    'sparseEntry1',
    'sparseRow',
  ];

  it('finds the cycles that times were made of', () => {
    const { cycles, medianError } = solveTurns(
      samples((seconds) => seconds),
      CLOCK,
      8,
    );
    for (const name of DECISIVE)
      expect(cycles.get(name), name).toBeWithin(0.02, truth.get(name) ?? 0);
    expect(medianError).toBeLessThan(0.005);
  });

  it('does so in spite of calls that a busy machine made slower', () => {
    const { cycles } = solveTurns(
      samples((seconds, at) => seconds * (at % 9 === 0 ? 1.8 : 1)),
      CLOCK,
      8,
    );
    for (const name of DECISIVE)
      expect(cycles.get(name), name).toBeWithin(0.1, truth.get(name) ?? 0);
  });
});

describe('calibration layers', () => {
  it('turn every loop that can be measured', () => {
    const turned = new Set(calls.flatMap(({ turns }) => Object.keys(turns)));
    expect(loopNames.filter((name) => !turned.has(name))).toEqual([]);
  });

  it.skipIf(library === null)('turn every loop of native kernels', () => {
    const lanes = library?.vectorFloats;
    const turned = nativeNearLayers().flatMap((layer) =>
      readyCalls(
        layer.kernel,
        layer.layer,
        layer.weights,
        layer.input,
        { fused: false, native: library },
        layer.batch,
      ).flatMap(({ call, words, run }) => {
        expect(run()).toBeGreaterThanOrEqual(0);
        return turnsIn(allTurns(countCall(call, { words, activations: layer.input }, lanes)));
      }),
    );
    const names = new Set(turned.map(([name]) => name));
    expect(nativeLoopNames.filter((name) => !names.has(name))).toEqual([]);
  });

  it('go through about as much memory in a call as asked', () => {
    const bytes = 2 ** 20;
    for (const { kernel, layer, weights, input } of farLayers(bytes)) {
      const touched = readyCalls(kernel, layer, weights, input, PLAIN).map(({ call, words }) =>
        countCall(call, { words, activations: input })
          .flatMap(({ touches }) => touches)
          .reduce((sum, touch) => sum + touch.bytes, 0),
      );
      // A copy of an image goes through it twice, each of the two of a concatenation through half.
      expect(Math.max(...touched), kernel.name).toBeGreaterThan(0.4 * bytes);
      expect(Math.max(...touched), kernel.name).toBeLessThan(3 * bytes);
    }
  });
});

describe('solveLines', () => {
  const none = { read: 0, write: 0, restart: 0, stream: 0, page: 0 };
  const far = (
    what: string,
    code: FarSample['code'],
    cycles: number,
    core: number,
    memory: Partial<typeof none>,
  ): FarSample => ({
    ...{
      what: `${what} of a kernel`,
      code,
      level: 'memory',
      seconds: cycles / CLOCK,
      spread: 1,
      cycles,
      core,
    },
    lines: { l2: none, l3: none, memory: { ...none, ...memory } },
  });

  it('finds what writing, beginning anew, going on elsewhere and overlapping cost', () => {
    const read = { memory: 10 };
    const solved = solveLines(
      [
        // 100 lines read at 10 and 100 written at 14.
        far('copy', 'copies', 2400, 50, { read: 100, write: 100 }),
        // T_core 1000, T_data 50 · 10 = 500, of which a fifth shows.
        far('add', 'elementwise', 1100, 1000, { read: 50 }),
        // Its 3000 of compute hide 1000; 20 times 400 do not.
        far('sparseColumns', 'columns', 11_000, 3000, { read: 100, restart: 20 }),
        // 10 times another column at 100 and 5 times another page at 40; 20 and 80.
        far('denseColumns', 'columns', 4200, 3000, { read: 100, stream: 10, page: 5 }),
        far('denseColumns', 'columns', 10_200, 5000, { read: 100, stream: 20, page: 80 }),
      ],
      read,
    );
    expect(solved).toMatchObject({ write: { memory: 14 }, restart: { memory: 400 } });
    expect(solved.stream.memory).toBeWithin(1e-6, 100);
    expect(solved.page.memory).toBeWithin(1e-6, 40);
    // Of levels without a call that tells anything the nearest is taken; of kinds of code without
    // one nothing is.
    expect(solved.exposed).toEqual({
      columns: { l2: 0, l3: 0, memory: 0 },
      elementwise: { l2: 0.2, l3: 0.2, memory: 0.2 },
    });
  });

  it('takes a wait that is within the noise for none', () => {
    const samples = [
      far('copy', 'copies', 2400, 50, { read: 100, write: 100 }),
      far('sparseColumns', 'columns', 3100, 3000, { read: 10, restart: 5 }),
      far('denseColumns', 'columns', 2900, 3000, { read: 10, stream: 5 }),
    ];
    expect(solveLines(samples, { memory: 10 })).toMatchObject({
      restart: { memory: 0 },
      stream: { memory: 0 },
      page: { memory: 0 },
    });
  });
});
