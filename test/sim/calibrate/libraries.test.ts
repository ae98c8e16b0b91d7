import { describe, expect, it } from 'vitest';
import type { Executor } from '../../../hw-models/host/contract.js';
import { type LibraryKey, measureLibrary } from '../../../sim/calibrate/libraries.js';
import { overheads } from '../../../sim/calibrate/overheads.js';
import { inputShapeOf, type Layer, resultOf, weightShapeOf } from '../../../workloads/network.js';
import { sizeOf } from '../../../workloads/tensor.js';
import { taskMacs } from './task-macs.js';

/**
 * A library of known speed: 10 GMAC/s in convolutions, 2 in depthwise ones, 5 from a cache, 20
 * GB/s, 3 µs a call.
 */
const CALL = 3e-6;
const RUN = 7e-6;

function secondsOf(layer: Layer): number {
  const shapes = [
    ...layer.inputTypes.map((_, at) => inputShapeOf(layer, at)),
    resultOf(layer).shape,
  ];
  const bytes = 4 * shapes.reduce((sum, each) => sum + sizeOf(each), 0);
  const shape = weightShapeOf(layer);
  if (layer.kind === 'conv2d') return CALL + taskMacs(layer) / (layer.groups > 1 ? 2e9 : 10e9);
  if (layer.kind === 'dense' && shape) {
    return (
      CALL +
      (shape.rows * shape.columns > 2 ** 21
        ? (4 * shape.rows * shape.columns) / 20e9
        : taskMacs(layer) / 5e9)
    );
  }
  return CALL + bytes / { lrn: 0.5e9, softmax: 1e9, pool2d: 4e9, concat: 4e9 }[layer.kind as 'lrn'];
}

/** Every other run is disturbed; a run costs something besides its layers, spread over them. */
function fakeLibrary(): Executor {
  let runs = 0;
  return {
    name: 'fake',
    optIn: false,
    describe: async () => ({ engine: 'fake, 1 thread', hint: null }),
    load: async ({ network }) => ({
      async run() {
        const factor = runs++ % 2 === 0 ? 1.7 : 1;
        const layers = network.layers.map((layer) => {
          const seconds = factor * (secondsOf(layer) + RUN / network.layers.length);
          return { name: layer.name, kernel: 'fake', seconds, notes: [] };
        });
        return { layers, output: new Float32Array(), outputs: new Map(), notes: [] };
      },
      dispose() {},
    }),
  };
}

describe('measureLibrary', () => {
  it('finds a library’s rates, busy moments left out', async () => {
    let now = 0;
    const rates = await measureLibrary({
      ...{
        executor: fakeLibrary(),
        repeat: 2,
        matrix: [2048, 4096],
        edge: 28,
        width: 512,
        atLeast: 3,
      },
      clock: () => now++,
    });
    const best = (key: LibraryKey) =>
      (key === 'run' || key === 'call' ? Math.min : Math.max)(...rates[key]);
    // A layer of 4×4 is 16 multiply-adds besides its call.
    expect(best('call')).toBeWithin(0.002, CALL);
    expect(best('run')).toBeWithin(0.002, RUN);
    expect(best('stream')).toBeWithin(0.01, 20e9);
    // What a run costs besides its layers is a share of each of them here.
    expect(best('convolution')).toBeWithin(0.01, 10e9);
    expect(best('depthwise')).toBeWithin(0.02, 2e9);
    expect(best('vector')).toBeWithin(0.1, 5e9);
    expect(best('normalise')).toBeWithin(0.01, 0.5e9);
    expect(best('softmax')).toBeWithin(0.15, 1e9);
    expect(best('elementwise')).toBeWithin(0.2, 4e9);
  });
});

describe('overheads', () => {
  const engine = (threads: number): Executor => ({
    name: 'fake',
    optIn: false,
    describe: async () => ({ engine: 'fake', hint: null }),
    load: async ({ network }) => ({
      async run(values) {
        const isSmall = (values as Float32Array).length < 100;
        const seconds = isSmall ? 1e-7 : threads === 1 ? 2e-6 : 7e-6;
        const layers = network.layers.map(({ name }) => {
          return { name, kernel: 'fake', seconds, notes: [] };
        });
        return { layers, output: new Float32Array(), outputs: new Map(), notes: [] };
      },
      dispose() {},
    }),
  });

  it('are what a layer of a small call takes, and what two threads take beyond half of what one does', async () => {
    const { layer, step } = await overheads(engine, 2, 3);
    expect(layer).toEqual([1e-7, 1e-7, 1e-7]);
    for (const seconds of step) expect(seconds).toBeWithin(1e-9, 6e-6);
    expect((await overheads(engine, 1, 3)).step).toEqual([]);
  });
});
