// Sparseloop's optimisations (Wu et al., MICRO 2022): formats rank by rank, and what is gated or
// skipped. They stand at a component (version 0.4) or in a list of targets.

import type { Rank, RankFormat } from '../../expected/ranks.js';
import type { Action, Option } from '../../expected/savings.js';
import type { Design, Storage } from './design.js';
import {
  fault,
  inside,
  listOf,
  mapOf,
  nameOf,
  namesOf,
  type Part,
  shown,
  type TimeloopInput,
} from './input.js';

const KINDS: Readonly<Record<string, Rank['kind']>> = {
  uop: 'uop',
  cp: 'cp',
  rle: 'rle',
  b: 'bitmask',
  ub: 'uncompressed-bitmask',
};
const PARTS = ['representation_format', 'action_optimization', 'compute_optimization'];

/** What sparse optimisations say of one component. */
export interface Sparse {
  readonly formats: ReadonlyMap<string, RankFormat>;
  readonly actions: readonly Action[];
  readonly gates: boolean;
  readonly skips: boolean;
}

/** @throws InputError for what Sparseloop does not know either, and for skipped instances. */
export function sparseAt(part: Part): Sparse {
  const values = mapOf(part);
  for (const key of Object.keys(values)) {
    if (!PARTS.includes(key) && key !== 'name' && key !== 'target') {
      throw fault(inside(part, key), 'an unknown key', PARTS.join(', '));
    }
  }
  const compute = listOf(inside(part, 'compute_optimization')).map((one) => {
    const { type } = mapOf(one);
    if (type === 'gating' || /^gate.on.zero.operand$/.test(String(type))) return 'gates';
    if (type === 'skipping' || /^skip.on.not.aligned.operands$/.test(String(type))) return 'skips';
    throw fault(inside(one, 'type'), shown(type), 'gating or skipping');
  });
  return {
    formats: formatsOf(inside(part, 'representation_format')),
    actions: listOf(inside(part, 'action_optimization')).map(actionOf),
    gates: compute.includes('gates'),
    skips: compute.includes('skips'),
  };
}

function formatsOf(part: Part): ReadonlyMap<string, RankFormat> {
  if (part.value === undefined || part.value === null) return new Map();
  mapOf(part);
  return new Map(
    listOf(inside(part, 'data_spaces')).map((space) => {
      const { rank_application_order: order } = mapOf(space);
      const fromInside = typeof order === 'string' && /^inner.to.outer$/.test(order);
      if (order !== undefined && !fromInside && !/^outer.to.inner$/.test(String(order))) {
        const expected = 'outer_to_inner or inner_to_outer';
        throw fault(inside(space, 'rank_application_order'), shown(order), expected);
      }
      const ranks = listOf(inside(space, 'ranks')).map((rank) => rankOf(rank, fromInside));
      if (ranks.length === 0) throw fault(inside(space, 'ranks'), 'no ranks', 'one or more');
      return [nameOf(inside(space, 'name')), ranks];
    }),
  );
}

function rankOf(part: Part, fromInside: boolean): Rank {
  const { format, metadata_word_bits, payload_word_bits, flattened_rankIDs } = mapOf(part);
  const kind = Object.entries(KINDS).find(
    ([name]) => typeof format === 'string' && name === format.toLowerCase(),
  );
  if (!kind) {
    const known = Object.keys(KINDS).map((name) => name.toUpperCase());
    throw fault(inside(part, 'format'), shown(format), known.join(', '));
  }
  const bits = (value: unknown, key: string, usual: number | null): number | null => {
    if (value === undefined) return usual;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw fault(inside(part, key), shown(value), 'a number of bits');
  };
  const isMask = kind[1] === 'bitmask' || kind[1] === 'uncompressed-bitmask';
  return {
    ...{ kind: kind[1], fromInside },
    flattened:
      flattened_rankIDs === undefined
        ? null
        : listOf(inside(part, 'flattened_rankIDs')).map(namesOf),
    metadataBits: bits(metadata_word_bits, 'metadata_word_bits', isMask ? 1 : null),
    payloadBits: bits(payload_word_bits, 'payload_word_bits', null),
  };
}

function actionOf(part: Part): Action {
  const { type, options } = mapOf(part);
  const how = type === 'gating' ? 'gate' : type === 'skipping' ? 'skip' : null;
  if (type === 'skipping_spatial' || type === 'spatial_skipping') {
    const expected = 'gating or skipping: idle instances are not given other tiles here';
    throw fault(inside(part, 'type'), shown(type), expected);
  }
  if (how === null) throw fault(inside(part, 'type'), shown(type), 'gating or skipping');
  const list = options === undefined ? [part] : listOf(inside(part, 'options'));
  if (list.length === 0) throw fault(inside(part, 'options'), 'none', 'one or more');
  return { how, options: list.map(optionOf) };
}

const optionOf = (part: Part): Option => ({
  target: nameOf(inside(part, 'target')),
  where: listOf(inside(part, 'condition_on')).map(nameOf),
});

/** The design with what its components and the list of targets say. @throws InputError */
export function withSparse(
  design: Design,
  { sparse }: TimeloopInput,
  own: ReadonlyMap<string, Part>,
): Design {
  const stated = new Map([...own].map(([name, part]) => [name, sparseAt(part)]));
  if (sparse) {
    mapOf(sparse);
    for (const part of listOf(inside(sparse, 'targets'))) {
      const key = mapOf(part).name === undefined ? 'target' : 'name';
      const name = nameOf(inside(part, key)).replace(/\[[^\]]*\]$/, '');
      const known = [...design.nodes.map((node) => node.name), design.compute.name];
      if (!known.includes(name)) throw fault(inside(part, key), name, known.join(', '));
      stated.set(name, sparseAt(part));
    }
  }
  const nodes = design.nodes.map((node): Design['nodes'][number] => {
    const found = stated.get(node.name);
    if (node.kind === 'array' || !found) return node;
    return { ...node, formats: found.formats, actions: found.actions } satisfies Storage;
  });
  const { gates = false, skips = false } = stated.get(design.compute.name) ?? {};
  return { ...design, nodes, compute: { ...design.compute, gates, skips } };
}
