// Layers and constants that no output needs are left out.

import type { Draft } from './draft.js';

export function withoutDeadCode(draft: Draft): Draft {
  const wanted = new Set(draft.outputs);
  const layers = [...draft.layers].reverse().filter((layer) => {
    const isWanted = wanted.has(layer.name) || layer.resultNames?.some((name) => wanted.has(name));
    // A layer that names none of its further results: NAME:1, NAME:2, …
    const isWantedFurther = !isWanted && [...wanted].some((name) => name.startsWith(`${layer.name}:`));
    if (!isWanted && !isWantedFurther) return false;
    for (const input of layer.inputs ?? []) wanted.add(input);
    return true;
  });
  const constants = new Map([...draft.constants].filter(([name]) => wanted.has(name)));
  return { ...draft, layers: layers.reverse(), constants };
}
