// Timeloop's problem files (Parashar et al., ISPASS 2019; versions 0.1 to 0.4): one layer as extents of a loop nest, a
// convolution over C M R S P Q N G (E and F for P and Q) or a matrix product over M N K, with the densities that
// Sparseloop reads. In Timeloop, R and P run along the width, S and Q along the height.

import { z } from 'zod';
import { InputError } from '../base/errors.js';
import type { ZooEntry } from '../zoo/entry.js';
import { type PlacedLayer, product, singleLayerEntry } from './single-layer.js';
import { type SourceFile, stemOf, textOf } from './source.js';
import { readYaml, type YamlFile } from './yaml.js';

const CONVOLUTION = ['C', 'M', 'R', 'S', 'P', 'Q', 'N', 'G'];
const PRODUCT = ['M', 'N', 'K'];
const STEPS = ['Wstride', 'Hstride', 'Wdilation', 'Hdilation'];
/** Names that the same extents go by. */
const synonyms: Readonly<Record<string, string>> = { E: 'P', F: 'Q' };

const Problem = z.object({
  problem: z.object({ shape: z.unknown().optional(), instance: z.record(z.string(), z.unknown()) }),
});

/** The one layer as a network. */
export function readTimeloop(file: SourceFile): readonly ZooEntry[] {
  const yaml = readYaml(textOf(file), file.name);
  const parsed = Problem.safeParse(yaml.value);
  if (!parsed.success) {
    throw new InputError(`${yaml.place(['problem'])}: problem: found no instance, expected the extents of a layer`);
  }
  const { instance } = parsed.data.problem;
  const { densities: stated, ...extents } = instance;
  const numbers = readExtents(extents, yaml);
  const name = stemOf(file.name);
  const placed = 'K' in numbers ? productOf(name, numbers, yaml) : convolutionOf(name, numbers, yaml);
  const title = Object.entries(numbers)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
  const source = { work: file.name, at: 'problem' };
  return [singleLayerEntry(file, placed, title, { source, ...densitiesOf(stated, yaml) })];
}

type Extents = Readonly<Record<string, number>>;

function readExtents(instance: Readonly<Record<string, unknown>>, yaml: YamlFile): Extents {
  const numbers: Record<string, number> = {};
  for (const [key, value] of Object.entries(instance)) {
    const place = `${yaml.place(['problem', 'instance', key])}: ${key}`;
    if (![...CONVOLUTION, ...PRODUCT, ...STEPS, ...Object.keys(synonyms)].includes(key)) {
      const known = [...CONVOLUTION, ...STEPS, 'densities'];
      throw new InputError(`${place}: unknown extent, expected ${known.join(', ')}, or M, N and K`);
    }
    if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= 1)) {
      throw new InputError(`${place}: found ${JSON.stringify(value)}, expected a whole number of at least 1`);
    }
    numbers[synonyms[key] ?? key] = value;
  }
  if (Object.keys(numbers).length === 0) {
    throw new InputError(`${yaml.place(['problem', 'instance'])}: found no extents, expected those of a layer`);
  }
  return numbers;
}

function convolutionOf(name: string, extents: Extents, yaml: YamlFile): PlacedLayer {
  const { C = 1, M = 1, R = 1, S = 1, P = 1, Q = 1, N = 1, G = 1 } = extents;
  const { Wstride = 1, Hstride = 1, Wdilation = 1, Hdilation = 1 } = extents;
  if (N !== 1) {
    const place = yaml.place(['problem', 'instance', 'N']);
    throw new InputError(`${place}: N: found ${N}, expected 1: how many frames at a time is told by --batch`);
  }
  const height = (Q - 1) * Hstride + (S - 1) * Hdilation + 1;
  const width = (P - 1) * Wstride + (R - 1) * Wdilation + 1;
  return {
    layer: {
      kind: 'conv2d',
      name,
      channels: M * G,
      kernel: [S, R],
      stride: [Hstride, Wstride],
      dilation: [Hdilation, Wdilation],
      pad: 0,
      groups: G,
      bias: false,
      activation: 'none',
    },
    input: [C * G, height, width],
  };
}

/** M×K weights by K×N activations. */
function productOf(name: string, extents: Extents, yaml: YamlFile): PlacedLayer {
  for (const key of Object.keys(extents)) {
    if (PRODUCT.includes(key)) continue;
    const place = yaml.place(['problem', 'instance', key]);
    throw new InputError(`${place}: ${key}: found beside K, expected a product over M, N and K alone`);
  }
  const { M = 1, N = 1, K = 1 } = extents;
  return product(name, M, K, N);
}

function densitiesOf(stated: unknown, yaml: YamlFile) {
  const densities = stated !== null && typeof stated === 'object' ? Object.entries(stated) : [];
  const read = new Map(
    densities.map(([space, value]) => [space, densityOf(value, ['problem', 'instance', 'densities', space], yaml)]),
  );
  const weights = read.get('Weights') ?? read.get('A') ?? 1;
  return { input: read.get('Inputs') ?? read.get('B') ?? 1, layer: { weights } };
}

/** A number, or a distribution with its density. */
function densityOf(value: unknown, path: readonly string[], yaml: YamlFile): number {
  const density = value !== null && typeof value === 'object' && 'density' in value ? value.density : value;
  if (typeof density === 'number' && density >= 0 && density <= 1) return density;
  const found = JSON.stringify(value)?.slice(0, 80);
  throw new InputError(`${yaml.place(path)}: ${path.at(-1)}: found ${found}, expected a density from 0 to 1`);
}
