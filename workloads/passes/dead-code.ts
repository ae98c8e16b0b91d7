// Layers and constants that no output needs are left out.

import type { Draft } from './draft.js';

export function withoutDeadCode(draft: Draft): Draft {
  const wanted = new Set(draft.outputs);
  const layers = [...draft.layers].reverse().filter((layer) => {
    // A layer's name is its first result's only where it names none, and further ones are NAME:1,
    // NAME:2, …
    let isWanted = (layer.resultNames ?? [layer.name]).some((name) => wanted.has(name));
    for (let at = 1; !isWanted && draft.types.has(`${layer.name}:${at}`); at++) {
      isWanted = wanted.has(`${layer.name}:${at}`);
    }
    if (!isWanted) return false;
    for (const input of layer.inputs ?? []) wanted.add(input);
    return true;
  });
  const constants = new Map([...draft.constants].filter(([name]) => wanted.has(name)));
  return { ...draft, layers: layers.reverse(), constants };
}
