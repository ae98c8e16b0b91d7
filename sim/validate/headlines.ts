// The figures of abstracts and conclusions but EIE's ratios to other platforms (ratios.ts).

import { secondsOf, sum } from '../../hw-models/cost.js';
import { parametersOf } from '../../workloads/network.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import { type Claim, claim, type Tables } from './claims.js';
import { alexnetLayers, sumOver } from './eie.js';
import { benchmarkLayers, entryOf, type Lab } from './lab.js';

const TABLE = 'Headlines';

/**
 * EIE's own figures, and those of other papers as far as they need neither training nor execution.
 */
export function otherHeadlineClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const models = { ...eieModels(lab), ...networkModels(lab) };
  return tables('headlines').flatMap((row) => {
    const { claim: name = '', value = '', unit = '', source = '' } = row;
    if (/^EIE (speed-up|energy efficiency)/.test(name)) return [];
    return ends(name, value).map(([what, published]) => {
      const data = { claim: what, source, unit, published };
      const modelled = models[what];
      return modelled === undefined
        ? claim(TABLE, data, null, 'none', 'needs training or execution, not a hardware model')
        : claim(TABLE, data, modelled, 'predicted', remarks[what] ?? null);
    });
  });
}

/** A published number, or both ends of a published range ('3-5'). */
function ends(
  name: string,
  value: string,
): readonly (readonly [claim: string, published: number])[] {
  const [min, max] = value.split('-').map(Number);
  if (min === undefined) return [];
  return max === undefined
    ? [[name, min]]
    : [
        [`${name}, at least`, min],
        [`${name}, at most`, max],
      ];
}

const ofDensities = 'from the published densities of its layers';
const unlikeEngines =
  "i7-5930k, dense over sparse; GEMM at 41 % of the peak, direct sparse loops at 90 % of the ports' rate";

const remarks: Readonly<Record<string, string>> = {
  'LeNet-300-100 pruning ratio': ofDensities,
  'LeNet-5 pruning ratio': ofDensities,
  'AlexNet pruning ratio': ofDensities,
  'VGG-16 pruning ratio': ofDensities,
  'EIE equivalent dense throughput':
    "the paper's 3 TOP/s is 102 GOP/s × 10 × 3, at full use of the PEs; the model's is AlexNet's three layers as they run",
  'DRAM to SRAM energy saving':
    "Table I's own 640 over 5 pJ: the text says 120× in one place and 128× in another",
  'Whole-network CPU speed-up from pruning, at least': `the lesser of AlexNet and VGG-16, ${unlikeEngines}`,
  'Whole-network CPU speed-up from pruning, at most': `the greater of AlexNet and VGG-16, ${unlikeEngines}`,
  'SqueezeNet model size': '2²⁰ bytes, as the paper counts',
};

function eieModels(lab: Lab): Readonly<Record<string, number>> {
  const hardware = lab.hardware('eie-64');
  const figure = (path: string) => hardware.figures.get(path)?.value ?? Number.NaN;
  const alexnetSeconds = sumOver(alexnetLayers, (layer) =>
    lab.seconds('eie-64', 'sparse', 1, layer),
  );
  const watts =
    sumOver(benchmarkLayers, (layer) => lab.joules('eie-64', 'sparse', 1, layer)) /
    sumOver(benchmarkLayers, (layer) => lab.seconds('eie-64', 'sparse', 1, layer));
  const macs = (kind: 'dense' | 'keptWeights' | 'effective') =>
    sumOver(alexnetLayers, (layer) => lab.task(layer).macs[kind]);
  return {
    // A PE multiplies and adds once a cycle.
    'EIE peak on the compressed network': (2 * figure('pes') * figure('clockHz')) / 1e9,
    'EIE equivalent dense throughput': (2 * macs('dense')) / alexnetSeconds / 1e12,
    'EIE AlexNet FC layers': 1 / alexnetSeconds,
    'EIE power 64 PE': watts,
    'EIE area 64 PE': sum(hardware.area ?? {}),
    'Sparsity energy saving': macs('dense') / macs('keptWeights'),
    'Zero-activation skipping energy saving': macs('keptWeights') / macs('effective'),
    'Weight sharing energy saving': 32 / figure('codeBits'),
    'DRAM to SRAM energy saving': 640 / 5,
  };
}

function networkModels(lab: Lab): Readonly<Record<string, number>> {
  const cpu = lab.hardware('i7-5930k');
  const cpuSeconds = (name: string, kernel: string) =>
    sumOver(cpu.cost(lab.network(name), kernel), secondsOf);
  const pruned = ['alexnet', 'vgg-16'].map(
    (name) => cpuSeconds(name, 'dense') / cpuSeconds(name, 'sparse'),
  );
  const parameters = sumOver(entryOf('squeezenet-1.0').network.layers, parametersOf);
  return {
    'LeNet-300-100 pruning ratio': pruningRatio(lab, 'lenet-300-100'),
    'LeNet-5 pruning ratio': pruningRatio(lab, 'lenet-5'),
    'AlexNet pruning ratio': pruningRatio(lab, 'alexnet'),
    'VGG-16 pruning ratio': pruningRatio(lab, 'vgg-16'),
    'SqueezeNet model size': (4 * parameters) / 2 ** 20,
    'Whole-network CPU speed-up from pruning, at least': Math.min(...pruned),
    'Whole-network CPU speed-up from pruning, at most': Math.max(...pruned),
    'Winograd F(2x2 3x3) multiplications saved': savedByWinograd(2, 3),
    'Winograd F(4x4 3x3) multiplications saved': savedByWinograd(4, 3),
  };
}

/** Weights over those that the published densities of the layers keep. */
function pruningRatio(lab: Lab, name: string): number {
  const stores = lab.network(name).flatMap(({ weights }) => (weights ? [weights.store] : []));
  return sumOver(stores, ({ rows, columns }) => rows * columns) / sumOver(stores, nonzerosOf);
}

/** Multiplications of F(m×m, r×r) saved: (m r)² / (m + r − 1)². */
const savedByWinograd = (m: number, r: number) => (m * r) ** 2 / (m + r - 1) ** 2;
