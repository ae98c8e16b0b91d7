// Padding with zeros becomes that of the window behind it:
//
//   x → pad with 0 → conv → y             =    x → conv with more padding → y
//   x → pad with 0 → average pool → y     =    x → average pool that counts its padding → y

import { paddingOf, pairOf } from '../operators/window.js';
import type { Draft } from './draft.js';
import { Rewriting, type Spec } from './rewriting.js';

export function joinPads(draft: Draft): Draft {
  if (!draft.layers.some(({ kind }) => kind === 'pad')) return draft;
  const graph = new Rewriting(draft);
  for (const layer of graph.layers()) {
    if (!graph.isThere(layer)) continue;
    const [input = ''] = layer.inputs;
    const maker = graph.maker(input);
    if (maker?.kind !== 'pad') continue;
    const pads = zerosAround(maker);
    const joined = pads && padded(layer, pads);
    if (!joined) continue;
    const inputs = layer.inputs.with(0, maker.inputs[0] as string);
    graph.replace(
      layer,
      [{ ...joined, inputs } as Spec],
      graph.areInner([maker], layer) ? [maker] : [],
    );
  }
  return graph.finish();
}

/** Zeros around positions alone: before each of their axes, then behind each. */
function zerosAround({
  mode,
  value,
  pads,
}: Extract<Spec, { kind: 'pad' }>): readonly number[] | null {
  const rank = pads.length / 2;
  const isOutside = [0, 1, rank, rank + 1].every((at) => pads[at] === 0);
  if (mode !== 'constant' || value !== 0 || rank < 3 || !isOutside || pads.some((each) => each < 0))
    return null;
  return [...pads.slice(2, rank), ...pads.slice(rank + 2)];
}

function padded(layer: Spec, pads: readonly number[]): Spec | null {
  const sum = (own: readonly number[]) => own.map((each, at) => each + (pads[at] as number));
  switch (layer.kind) {
    case 'conv2d':
      return pads.length === 4
        ? { ...layer, pad: sum(paddingOf(layer.pad)) as unknown as typeof layer.pad }
        : null;
    case 'conv-nd':
    case 'conv-dynamic':
      return { ...layer, pads: sum(layer.pads) };
    case 'pool2d': {
      if (layer.mode !== 'average' || layer.kernel === 'global' || pads.length !== 4) return null;
      const kernel = pairOf(layer.kernel);
      const isUnpadded =
        paddingOf(layer.pad).every((each) => each === 0) && layer.rounding === 'floor';
      const isWithin = pads.every((each, at) => each < (kernel[at % 2] as number));
      const pad = pads as unknown as ReturnType<typeof paddingOf>;
      return isUnpadded && isWithin ? { ...layer, pad, countsPadding: true } : null;
    }
    default:
      return null;
  }
}
