// The networks that can be named, a line each, and the groups of them.

import { alexnet } from './alexnet.js';
import { eieBenchmark } from './eie-benchmark.js';
import type { ZooEntry } from './entry.js';
import { lenet5, lenet300 } from './lenet.js';
import { mobilenetV1 } from './mobilenet.js';
import { resnet18 } from './resnet-18.js';
import { squeezenet10, squeezenet11 } from './squeezenet.js';
import { squeezenetBypass, squeezenetComplexBypass, squeezenetResidual } from './squeezenet-bypass.js';
import { vgg16 } from './vgg-16.js';

const entries: readonly ZooEntry[] = [
  ...eieBenchmark,
  lenet300,
  lenet5,
  alexnet,
  vgg16,
  squeezenet10,
  squeezenet11,
  squeezenetBypass,
  squeezenetComplexBypass,
  squeezenetResidual,
  resnet18,
  mobilenetV1,
];

/** Every network that comes with the package, by name. */
export const zoo: ReadonlyMap<string, ZooEntry> = new Map(entries.map((entry) => [entry.network.name, entry]));

/** Names that stand for several networks. */
export const groups: ReadonlyMap<string, readonly string[]> = new Map([
  ['eie-benchmark', eieBenchmark.map((entry) => entry.network.name)],
]);
