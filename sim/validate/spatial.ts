// Accelerators described by their memories and arrays, beside what their papers and another model
// say.

import { joulesOf, secondsOf, sum } from '../../hw-models/cost.js';
import type { SpatialConfig } from '../../hw-models/spatial/config.js';
import type { Memory } from '../../hw-models/spatial/description/architecture.js';
import { architectureFor } from '../../hw-models/spatial/layer.js';
import { createRandom } from '../../workloads/base/random.js';
import type { Demand, ProductDemand } from '../../workloads/demand.js';
import type { LayerTask, LayerWeights } from '../../workloads/network.js';
import { activations, countMacs } from '../../workloads/tasks.js';
import { type Claim, cell, claim, type Tables } from './claims.js';
import type { Lab } from './lab.js';
import { sparseloopClaims } from './sparseloop.js';
import { timeloopClaims } from './timeloop.js';

const TABLE = 'Described accelerators';
const SPARSELOOP = "Sparseloop's designs";

const MASKS =
  'drawn at the printed densities; the designers counted products of real masks, whose zeros are correlated: Sparseloop is as far off with these densities (0.935 to 0.986 of theirs), and counts their cycles exactly with the masks of L07';
const PASSES = 'the start of a pass over the array is taken as hidden behind the one before it';
const SUMS =
  "the designers' mapping is not printed; it moves up to six times as many sums through the global buffer as the mapper's. The rows below take its printed accesses";
const PUBLISHED_ACCESSES =
  'MACs at the printed active PEs, or the printed accesses of the global buffer, a word read and a word written a cycle: whichever takes longer';
const CHIP =
  'clock network, control and what else no part accounts for: one energy a cycle, fitted on the 332 mW of AlexNet conv1; DRAM is not in the published power';
const OWN = "at the mapper's own mapping, which takes less than half the published time";
const SAME = 'drawn at the printed densities, as Sparseloop expects them';
/** The one power that a number of the preset is fitted on. */
const FITTED = 'alexnet conv1';
/** The printed totals of Table VI. */
const VGG = { milliseconds: 3755.2, milliwatts: 236 } as const;

export function spatialClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const own = tables('spatial').map((row) => {
    const { hardware = '', quantity = '', case: of = '', unit = '', source = '' } = row;
    const published = {
      ...{ claim: `${hardware}, ${quantity}, ${of}`, source, unit },
      published: cell(row, 'value') ?? Number.NaN,
    };
    if (quantity === 'cycles')
      return claim(TABLE, published, productCycles(lab, hardware, row), 'predicted', MASKS);
    if (quantity === 'time over dense')
      return claim(TABLE, published, overDense(lab, hardware, row), 'predicted');
    if (quantity === 'cycles at the same densities')
      return claim(SPARSELOOP, published, productCycles(lab, hardware, row), 'predicted', SAME);
    const [network = '', layer] = of.split(' ');
    const { seconds, joules } = convolutions(lab, hardware, network, layer);
    const basis = of === FITTED ? 'fitted' : 'predicted';
    return quantity === 'power'
      ? claim(TABLE, published, 1e3 * (joules / seconds), basis, network === 'vgg-16' ? OWN : CHIP)
      : claim(TABLE, published, 1e3 * seconds, 'predicted', layer ? PASSES : SUMS);
  });
  const others = [...timeloopClaims(tables), ...sparseloopClaims(tables)];
  return [...own, ...publishedAccesses(lab, tables), ...others];
}

/**
 * Eyeriss's times and powers on VGG-16 at the accesses that its designers printed: each layer's
 * power, and both in all.
 */
function publishedAccesses(lab: Lab, tables: Tables): readonly Claim[] {
  const {
    nodes,
    clockHz,
    joulesPerCycle = 0,
  } = architectureFor(lab.hardware('eyeriss').config as SpatialConfig);
  const buffer = nodes.find(({ name }) => name === 'glb') as Memory;
  const tasks = new Map(lab.network('vgg-16').map((task) => [task.name, task]));
  const stated = (of: string, quantity: string, unit: string, published: number) => ({
    claim: `eyeriss, ${quantity} at the published accesses, ${of}`,
    ...{ source: 'Eyeriss, JSSC 2017, Table VI', unit, published },
  });
  const all = { seconds: 0, joules: 0 };
  const claims = tables('eyeriss-vgg-16').flatMap((row): readonly Claim[] => {
    const { layer = '' } = row;
    const task = tasks.get(layer) as LayerTask;
    const frames = FRAMES['vgg-16'] as number;
    const macs = frames * task.macs.dense;
    const compute = macs / (cell(row, 'active_pes') ?? Number.NaN);
    const bits = 8 * 2 ** 20 * (cell(row, 'buffer_mb') ?? Number.NaN);
    const cycles = Math.max(compute, bits / (2 * buffer.accessBits));
    const seconds = cycles / clockHz;
    // Half of the accesses read, half write; what the PEs spend does not depend on the buffer's.
    const { read, write } = buffer.joules;
    const buffers = (bits / buffer.accessBits) * ((read + write) / 2);
    const [cost] = lab.hardware('eyeriss').cost([framesOf(task, 'vgg-16')]);
    const { dram = 0, glb = 0, clock = 0 } = cost?.joules ?? {};
    const pes = sum(cost?.joules ?? {}) - dram - glb - clock;
    const joules = pes + buffers + joulesPerCycle * cycles;
    const milliseconds = cell(row, 'milliseconds') ?? Number.NaN;
    all.seconds += seconds;
    all.joules += joules;
    const milliwatts = cell(row, 'milliwatts') ?? Number.NaN;
    const of = `vgg-16 ${layer}`;
    return [
      claim(
        ...([TABLE, stated(of, 'time', 'ms', milliseconds), 1e3 * seconds] as const),
        ...(['predicted', PUBLISHED_ACCESSES] as const),
      ),
      claim(
        ...([TABLE, stated(of, 'power', 'mW', milliwatts), 1e3 * (joules / seconds)] as const),
        ...(['predicted', CHIP] as const),
      ),
    ];
  });
  return [
    ...claims,
    claim(
      ...([TABLE, stated('vgg-16', 'time', 'ms', VGG.milliseconds), 1e3 * all.seconds] as const),
      ...(['predicted', PUBLISHED_ACCESSES] as const),
    ),
    claim(
      ...([
        TABLE,
        stated('vgg-16', 'power', 'mW', VGG.milliwatts),
        1e3 * (all.joules / all.seconds),
      ] as const),
      ...(['predicted', CHIP] as const),
    ),
  ];
}

type Row = Readonly<Record<string, string>>;

function productCycles(lab: Lab, hardware: string, row: Row): number {
  const [cost] = lab.hardware(hardware).cost([randomProduct(row)]);
  return sum(cost?.cycles ?? {});
}

function overDense(lab: Lab, hardware: string, row: Row): number {
  const dense = { ...row, input_density: '1', weight_density: '1' };
  return productCycles(lab, hardware, row) / productCycles(lab, hardware, dense);
}

/** A product of drawn factors: the row's pixels are rows of it. */
function randomProduct(row: Row): LayerTask {
  const [depth, columns, rows] = [cell(row, 'inputs'), cell(row, 'outputs'), cell(row, 'pixels')];
  const sizes = { depth: depth ?? 1, columns: columns ?? 1, rows: rows ?? 1 };
  const demand: ProductDemand = {
    ...{ kind: 'product', matrices: 1, right: 'weights', bias: false, activation: 'none' },
    ...sizes,
  };
  const random = createRandom(0, `${row.hardware} ${row.case}`);
  // Exactly that share of the values, each set of places equally likely.
  const draw = (count: number, density: number) => {
    let kept = Math.round(count * density);
    return Float32Array.from({ length: count }, (_, at) => {
      const isKept = random.uniform() * (count - at) < kept;
      if (isKept) kept -= 1;
      return Number(isKept);
    });
  };
  const matrix = draw(sizes.columns * sizes.depth, cell(row, 'weight_density') ?? 1);
  const weights: LayerWeights = {
    store: { format: 'dense', rows: sizes.columns, columns: sizes.depth, values: matrix },
    ...{ bias: null, origin: 'synthetic' },
  };
  const input = activations(
    draw(sizes.rows * sizes.depth, cell(row, 'input_density') ?? 1),
    'synthetic',
  );
  const macs = countMacs(demand, weights, input);
  const name = row.case ?? 'product';
  return { name, demand, weights, input, macs, batch: 1 };
}

/** Frames of the published tables. */
const FRAMES: Readonly<Record<string, number>> = { alexnet: 4, 'vgg-16': 3 };

/** Seconds, and joules of the chip, of a network's convolutions or one of them. */
function convolutions(lab: Lab, hardware: string, network: string, layer: string | undefined) {
  const isConvolution = ({ kind }: Demand) => kind === 'convolution';
  const tasks = lab
    .network(network)
    .filter(({ name, demand }) => isConvolution(demand) && (layer ?? name) === name);
  const costs = lab.hardware(hardware).cost(tasks.map((task) => framesOf(task, network)));
  const dram = costs.reduce((all, { joules }) => all + (joules?.dram ?? 0), 0);
  return {
    seconds: costs.reduce((all, cost) => all + secondsOf(cost), 0),
    joules: costs.reduce((all, cost) => all + (joulesOf(cost) ?? 0), 0) - dram,
  };
}

function framesOf(task: LayerTask, network: string): LayerTask {
  const { name, demand } = task;
  return {
    ...{ name, demand, batch: FRAMES[network] ?? 1 },
    get weights() {
      return task.weights;
    },
    get input() {
      return task.input;
    },
    get macs() {
      return task.macs;
    },
  };
}
