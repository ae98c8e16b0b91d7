// The networks that can be named, a line each, and the groups of them.

import { activated } from './activated.js';
import { alexnet } from './alexnet.js';
import { bertBases } from './bert.js';
import { charDecoder } from './char-decoder.js';
import { decoders } from './decoders.js';
import { deitTiny } from './deit.js';
import { BuiltOnDemand, buildAt, type DimensionedEntry, ready } from './dimensions.js';
import { efficientnetB0s } from './efficientnet.js';
import { eieBenchmark } from './eie-benchmark.js';
import type { ZooEntry } from './entry.js';
import { lenet5, lenet300 } from './lenet.js';
import { mlperfTiny } from './mlperf-tiny.js';
import { mobilenetV1s } from './mobilenet.js';
import { mobilenetV2s } from './mobilenet-v2.js';
import { mobilenetV3Large } from './mobilenet-v3.js';
import { patterned } from './patterned.js';
import { resnet18 } from './resnet-18.js';
import { resnet50s } from './resnet-50.js';
import { squeezenet10, squeezenet11 } from './squeezenet.js';
import {
  squeezenetBypass,
  squeezenetComplexBypass,
  squeezenetResidual,
} from './squeezenet-bypass.js';
import { vgg16 } from './vgg-16.js';
import { whisperTiny } from './whisper.js';
import { yolov8n } from './yolo.js';

const sources: readonly DimensionedEntry[] = [
  ...eieBenchmark.map(ready),
  ready(lenet300),
  ready(lenet5),
  ready(alexnet),
  ready(vgg16),
  ready(squeezenet10),
  ready(squeezenet11),
  ready(squeezenetBypass),
  ready(squeezenetComplexBypass),
  ready(squeezenetResidual),
  ready(resnet18),
  ...mobilenetV1s,
  ...resnet50s,
  ...mobilenetV2s,
  mobilenetV3Large,
  ...efficientnetB0s,
  yolov8n,
  deitTiny,
  ...bertBases,
  ...decoders,
  charDecoder,
  whisperTiny,
  ...mlperfTiny,
];

const byName: ReadonlyMap<string, DimensionedEntry> = new Map(
  sources.map((source) => [source.name, source]),
);

/** A network as it is listed, or one of them with zeros in a pattern or in its activations. */
function sourceOf(name: string): DimensionedEntry | undefined {
  return byName.get(name) ?? activated(name) ?? patterned(name, (base) => byName.get(base));
}

/** Every network that comes with the package, by name, at its default extents. */
export const zoo: ReadonlyMap<string, ZooEntry> = new BuiltOnDemand(byName);

/**
 * The network of that name at these extents; undefined where there is none.
 * @throws InputError for a dimension that it does not have or an extent out of bounds.
 */
export function zooEntry(
  name: string,
  dims: ReadonlyMap<string, number> = new Map(),
): ZooEntry | undefined {
  const source = sourceOf(name);
  if (!source) return undefined;
  return dims.size > 0 || !byName.has(name) ? buildAt(source, dims) : zoo.get(name);
}

/** The extents that users may choose of a network. */
export function dimensionsOf(name: string): DimensionedEntry['dimensions'] {
  return sourceOf(name)?.dimensions ?? {};
}

/** Names that stand for several networks. */
export const groups: ReadonlyMap<string, readonly string[]> = new Map([
  ['eie-benchmark', eieBenchmark.map((entry) => entry.network.name)],
  ['mlperf-tiny', mlperfTiny.map(({ name }) => name)],
]);
