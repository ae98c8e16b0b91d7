// The nine benchmark layers on any modelled hardware, each cost computed once, and whole networks
// of the zoo.

import type { Hardware, LayerCost } from '../../hw-models/contract.js';
import { joulesOf, secondsOf } from '../../hw-models/cost.js';
import { InvariantError } from '../../workloads/base/errors.js';
import type { LayerTask, Network } from '../../workloads/network.js';
import { drawModel } from '../../workloads/synthesis.js';
import { zoo } from '../../workloads/zoo/index.js';
import { tasksOf, traceRandom } from '../trace.js';

export interface Lab {
  readonly hardware: (name: string) => Hardware;
  /** The one task of a benchmark layer ('Alex-6'), one frame. */
  readonly task: (layer: string) => LayerTask;
  /** The tasks of a network of the zoo ('alexnet'), one frame. */
  readonly network: (name: string) => readonly LayerTask[];
  readonly cost: (hardware: string, kernel: string, batch: number, layer: string) => LayerCost;
  /** The same on a device that has no name of its own: a variation. */
  readonly costOn: (hardware: Hardware, kernel: string, batch: number, layer: string) => LayerCost;
  /** Seconds a frame. */
  readonly seconds: (hardware: string, kernel: string, batch: number, layer: string) => number;
  /** Joules a frame. */
  readonly joules: (hardware: string, kernel: string, batch: number, layer: string) => number;
}

export const benchmarkLayers = [
  ...['Alex-6', 'Alex-7', 'Alex-8', 'VGG-6', 'VGG-7', 'VGG-8', 'NT-We', 'NT-Wd', 'NT-LSTM'],
] as const;

/**
 * Draws the layers at their published densities from `seed`; finds hardware by name through `load`.
 */
export function createLab(load: (name: string) => Hardware, seed: number): Lab {
  const hardware = memo(load);
  const draw = (name: string, vary: (network: Network) => Network): readonly LayerTask[] => {
    const { network: asListed, densities } = entryOf(name);
    const network = vary(asListed);
    return tasksOf(drawModel(network, densities, seed), traceRandom(network, densities, seed), 1);
  };
  const network = memo((name) => draw(name, (asListed) => asListed));
  const task = memo((layer: string): LayerTask => {
    const [only] = draw(layer.toLowerCase(), withBiases);
    if (!only) throw new InvariantError(`${layer} has no layer`);
    return only;
  });
  const costOn: Lab['costOn'] = (on, kernel, batch, layer) => {
    const [cost] = on.cost([{ ...task(layer), batch }], kernel);
    if (!cost) throw new InvariantError(`${layer} has no cost on ${on.name}`);
    return cost;
  };
  return { hardware, task, network, costOn, ...measures(hardware, costOn) };
}

/** As `lab`, but that a layer may meet another hardware of that name than the other layers do. */
export function labBy(
  lab: Lab,
  other: (hardware: string, layer: string) => Hardware | undefined,
): Lab {
  return {
    ...lab,
    ...measures((name, layer) => other(name, layer) ?? lab.hardware(name), lab.costOn),
  };
}

/** Costs by name, each computed once. */
function measures(
  hardware: (name: string, layer: string) => Hardware,
  costOn: Lab['costOn'],
): Pick<Lab, 'cost' | 'seconds' | 'joules'> {
  const costs = memo((key: string): LayerCost => {
    const [name = '', kernel = '', batch = '', layer = ''] = key.split('|');
    return costOn(hardware(name, layer), kernel, Number(batch), layer);
  });
  const cost: Lab['cost'] = (...key) => costs(key.join('|'));
  return {
    cost,
    seconds: (name, kernel, batch, layer) => secondsOf(cost(name, kernel, batch, layer)) / batch,
    joules: (name, kernel, batch, layer) =>
      (joulesOf(cost(name, kernel, batch, layer)) ?? Number.NaN) / batch,
  };
}

/** What the zoo knows of a network that the published tables name. */
export function entryOf(name: string) {
  const entry = zoo.get(name);
  if (!entry) throw new InvariantError(`no network ${name}`);
  return entry;
}

/** The layers as they were timed: the authors' simulator runs the biases as one more column. */
function withBiases(network: Network): Network {
  const layers = network.layers.map((layer) => {
    if (layer.kind !== 'dense' || layer.demand?.kind !== 'product') return layer;
    return { ...layer, bias: true, demand: { ...layer.demand, bias: true } };
  });
  return { ...network, layers };
}

function memo<Value>(compute: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}
