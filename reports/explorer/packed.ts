// Explorations as they are sent between a page and its workers. Networks have up to thousands of
// layers, most of them alike: what layers share is sent once.

import type { Exploration, Explored } from '../../sim/explore.js';
import type { LayerResult, Row } from '../../sim/result.js';
import type { LayerSummary, WorkloadSummary } from '../../sim/summary.js';

/** Layers by what they have besides their names. */
interface PackedLayers<Layer extends Named> {
  /** Null where they have the names of the network's layers, in that order. */
  readonly names: readonly string[] | null;
  readonly kinds: readonly Omit<Layer, 'name'>[];
  /** By layer. */
  readonly kindOf: Uint32Array;
}

type PackedRow = Omit<Row, 'layers'> & { readonly layers: PackedLayers<LayerResult> };

export interface PackedExploration {
  readonly names: readonly string[];
  readonly workload: Omit<WorkloadSummary, 'layers'> & {
    readonly layers: PackedLayers<LayerSummary>;
  };
  readonly designs: readonly (
    | { readonly row: PackedRow }
    | Exclude<Explored, { readonly row: Row }>
  )[];
}

interface Named {
  readonly name: string;
}

export function pack({ workload, designs }: Exploration): PackedExploration {
  const packedWorkload = packWorkload(workload);
  const { names } = packedWorkload;
  const packed = sameForSame((row: Row) => ({
    ...row,
    layers: packLayers(row.layers, names, ({ counters }) => counters),
  }));
  return {
    ...packedWorkload,
    designs: designs.map((design) => ('row' in design ? { row: packed(design.row) } : design)),
  };
}

/** Networks are packed once: many answers are about one. */
const packedWorkloads = new WeakMap<
  WorkloadSummary,
  Pick<PackedExploration, 'names' | 'workload'>
>();

function packWorkload(workload: WorkloadSummary) {
  const known = packedWorkloads.get(workload);
  if (known) return known;
  const names = workload.layers.map(({ name }) => name);
  const layers = packLayers(workload.layers, names, ({ macsDense }) => macsDense);
  const packed = { names, workload: { ...workload, layers } };
  packedWorkloads.set(workload, packed);
  return packed;
}

export function unpack({ names, workload, designs }: PackedExploration): Exploration {
  const unpacked = sameForSame(
    (row: PackedRow): Row => ({ ...row, layers: unpackLayers(row.layers, names) }),
  );
  return {
    workload: { ...workload, layers: unpackLayers(workload.layers, names) },
    designs: designs.map((design) => ('row' in design ? { row: unpacked(design.row) } : design)),
  };
}

/** Makes one thing of another once. */
function sameForSame<From extends object, To>(make: (from: From) => To): (from: From) => To {
  const made = new Map<From, To>();
  return (from) => {
    const found = made.get(from) ?? make(from);
    made.set(from, found);
    return found;
  };
}

/** `trait` is the same for layers that are alike, and mostly another for others. */
function packLayers<Layer extends Named>(
  layers: readonly Layer[],
  networkNames: readonly string[],
  trait: (layer: Layer) => unknown,
): PackedLayers<Layer> {
  const kinds: Omit<Layer, 'name'>[] = [];
  const byTrait = new Map<unknown, number[]>();
  const kindOf = Uint32Array.from(layers, (layer) => {
    const own = trait(layer);
    const candidates = byTrait.get(own) ?? [];
    byTrait.set(own, candidates);
    const known = candidates.find((kind) => areAlike(kinds[kind] as Layer, layer));
    if (known !== undefined) return known;
    const { name: _, ...rest } = layer;
    candidates.push(kinds.length);
    return kinds.push(rest) - 1;
  });
  const isNamedAlike =
    layers.length === networkNames.length &&
    layers.every(({ name }, at) => name === networkNames[at]);
  return { names: isNamedAlike ? null : layers.map(({ name }) => name), kinds, kindOf };
}

/** Whether two layers have the same but for their names: parts that they share are one object. */
function areAlike<Layer extends Named>(kind: Omit<Layer, 'name'>, layer: Layer): boolean {
  for (const key in kind)
    if (!Object.is(kind[key as keyof typeof kind], layer[key as keyof Layer])) return false;
  return Object.keys(kind).length === Object.keys(layer).length - 1;
}

function unpackLayers<Layer extends Named>(
  { names, kinds, kindOf }: PackedLayers<Layer>,
  networkNames: readonly string[],
): readonly Layer[] {
  return Array.from(
    kindOf,
    (kind, at) => ({ name: (names ?? networkNames)[at], ...kinds[kind] }) as Layer,
  );
}
