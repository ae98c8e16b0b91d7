// Measures the time of a library with small networks of one layer of each kind. Its kernels are
// treated as black boxes.

import type { Executor, LoadedNetwork } from '../../hw-models/host/contract.js';
import { buildNetwork } from '../../workloads/graph.js';
import type { Model } from '../../workloads/model.js';
import {
  type LayerWeights,
  onlyInput,
  type Shape,
  weightShapeOf,
} from '../../workloads/network.js';
import type { LayerSpec } from '../../workloads/spec.js';
import { sizeOf } from '../../workloads/tensor.js';
import { conv, dense, maxPool, softmax } from '../../workloads/zoo/entry.js';
import { total } from '../summary.js';

export const libraryKeys = [
  ...(['run', 'call', 'convolution', 'depthwise', 'vector'] as const),
  ...(['stream', 'normalise', 'elementwise', 'softmax'] as const),
];
export type LibraryKey = (typeof libraryKeys)[number];

/** Repeated seconds of one call, or rates: multiply-adds or bytes a second. */
export type LibraryRates = Readonly<Record<LibraryKey, readonly number[]>>;

export interface LibraryRequest {
  readonly executor: Executor;
  readonly repeat: number;
  /** The matrix that is streamed from memory. */
  readonly matrix: readonly [outputs: number, inputs: number];
  /** Edge of the images of convolutions and pools, and of the matrix that stays in a cache. */
  readonly edge?: number;
  readonly width?: number;
  /** Now, in seconds. */
  readonly clock: () => number;
  /** Seconds of a network's runs in a round, at least. */
  readonly atLeast?: number;
}

const FLOAT = 4;
const CHANNELS = 64;
const CHAINED = 8;
const VALUES = 1000;

/**
 * Runs networks in turns, `repeat` rounds of them, each as often as it takes to fill `atLeast`
 * seconds; what counts of a round is its best run. Rates are of the work over its time less a
 * call's.
 */
export async function measureLibrary(request: LibraryRequest): Promise<LibraryRates> {
  const { executor, repeat, matrix, clock, edge = 56, width = 1024, atLeast = 0.03 } = request;
  const tiny = (at: number) => dense(`fc${at}`, 4, 'relu');
  const networks = {
    one: modelOf([4], [tiny(0)]),
    chain: modelOf(
      [4],
      Array.from({ length: CHAINED }, (_, at) => tiny(at)),
    ),
    images: modelOf(
      [CHANNELS, edge, edge],
      [
        conv('conv', CHANNELS, 3, { pad: 1 }),
        { kind: 'lrn', name: 'norm', size: 5, alpha: 1e-4, beta: 0.75, k: 1 },
        maxPool('pool', 3, 2),
        { kind: 'concat', name: 'concat', inputs: ['pool', 'pool'] },
        conv('depthwise', 2 * CHANNELS, 3, { pad: 1, groups: 2 * CHANNELS }),
        conv('pixels', VALUES, 1),
        { ...maxPool('whole', 1, 1), mode: 'average', kernel: 'global' },
        softmax,
      ],
    ),
    cached: modelOf([width], [dense('first', width, 'relu'), dense('second', width, 'relu')]),
    streamed: modelOf([matrix[1]], [dense('fc', matrix[0], 'relu')]),
  } as const;
  const rounds = await inRounds(executor, networks, { repeat, clock, atLeast });
  // One layer takes a run and a call, a chain a run and as many calls.
  const alone = rounds.one.map(total);
  const calls = rounds.chain.map(
    (layers, at) => Math.max(0, total(layers) - (alone[at] as number)) / (CHAINED - 1),
  );
  const call = Math.min(...calls);
  const rate = (work: number, seconds: number) => work / Math.max(seconds - call, 0.1 * seconds);
  const pixels = CHANNELS * edge ** 2;
  const pooled = CHANNELS * Math.ceil((edge - 3) / 2 + 1) ** 2;
  const at = (layers: readonly number[], position: number) => layers[position] as number;
  return {
    run: alone.map((seconds) => Math.max(0, seconds - call)),
    call: calls,
    convolution: rounds.images.map((layers) => rate(9 * CHANNELS * pixels, at(layers, 0))),
    depthwise: rounds.images.map((layers) => rate(9 * 2 * pooled, at(layers, 4))),
    vector: rounds.cached.map((layers) => rate(width ** 2, at(layers, 1))),
    stream: rounds.streamed.map((layers) => rate(FLOAT * matrix[0] * matrix[1], at(layers, 0))),
    normalise: rounds.images.map((layers) => rate(FLOAT * 2 * pixels, at(layers, 1))),
    // A pool reads its image and writes a quarter of it; the concatenation reads that twice and
    // writes it twice.
    elementwise: rounds.images.map((layers) =>
      rate(FLOAT * (pixels + pooled + 4 * pooled), at(layers, 2) + at(layers, 3)),
    ),
    softmax: rounds.images.map((layers) => rate(FLOAT * 2 * VALUES, at(layers, 7))),
  };
}

/** For each network the best seconds of each layer, round by round. */
async function inRounds<Name extends string>(
  executor: Executor,
  networks: Readonly<Record<Name, Model>>,
  { repeat, clock, atLeast }: Required<Pick<LibraryRequest, 'repeat' | 'clock' | 'atLeast'>>,
): Promise<Readonly<Record<Name, readonly (readonly number[])[]>>> {
  const names = Object.keys(networks) as Name[];
  const rounds = Object.fromEntries(names.map((name) => [name, [] as number[][]])) as Record<
    Name,
    number[][]
  >;
  const loaded: {
    readonly name: Name;
    readonly network: LoadedNetwork;
    readonly input: Float32Array;
  }[] = [];
  try {
    for (const name of names) {
      const model = networks[name];
      const input = new Float32Array(sizeOf(onlyInput(model.network).shape)).fill(0.5);
      loaded.push({ name, network: await executor.load(model), input });
    }
    for (let round = 0; round < repeat; round++) {
      for (const { name, network, input } of loaded) {
        let best: number[] = [];
        // The first run finds the caches as other networks left them.
        await network.run(input, 1);
        const start = clock();
        do {
          const { layers } = await network.run(input, 1);
          best = layers.map(({ seconds }, at) => Math.min(seconds, best[at] ?? seconds));
        } while (clock() - start < atLeast);
        rounds[name].push(best);
      }
    }
    return rounds;
  } finally {
    for (const { network } of loaded) network.dispose();
  }
}

function modelOf(input: Shape, layers: readonly LayerSpec[]): Model {
  const source = { work: 'calibration', at: '' };
  const network = buildNetwork({
    name: 'calibration',
    title: 'calibration',
    input,
    layers,
    source,
  });
  const weights = new Map<string, LayerWeights>();
  for (const layer of network.layers) {
    const shape = weightShapeOf(layer);
    if (!shape) continue;
    const { rows, columns } = shape;
    const values = new Float32Array(rows * columns).fill(1 / columns);
    weights.set(layer.name, {
      store: { format: 'dense', rows, columns, values },
      bias: new Float32Array(rows),
      origin: 'synthetic',
    });
  }
  return { network, weights, origin: 'synthetic' };
}
