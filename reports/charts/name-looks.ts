// The looks of what a document names: devices and their kernels, or axes, layers, networks. A name
// asks for the hue of its own hash, so that it has the same one in most documents, and within a
// document no two share a look.

import { fillOf, freeLook, hashOf, type Look } from './looks.js';
import { MEASURED_HUE, nameHues, type Token } from './palette.js';

/** Something with one look, of a thing whose hue it shares while patterns last. */
export interface Named {
  /** The name of the whole: a device. */
  readonly of: string;
  /** The name of its own: a device with a kernel. */
  readonly name: string;
  /** Measured things are grey. */
  readonly isMeasured?: boolean;
}

/** A look for each name. */
export function nameLooks(names: Iterable<string>): ReadonlyMap<string, Look> {
  return namedLooks([...new Set(names)].map((name) => ({ of: name, name })));
}

/** A look for each name, a hue for each thing, plain for its first name. */
export function namedLooks(named: readonly Named[]): ReadonlyMap<string, Look> {
  const hues = huesOf(named.flatMap(({ of, isMeasured }) => (isMeasured ? [] : [of])));
  const looks = new Map<string, Look>();
  const taken = new Set<string>();
  // Things in the order of their names: the same looks, whatever is drawn first.
  const inOrder = [...named].sort((a, b) => (a.of < b.of ? -1 : a.of > b.of ? 1 : 0));
  for (const { of, name, isMeasured } of inOrder) {
    const hue = isMeasured ? MEASURED_HUE : (hues.get(of) ?? nameHues[0]);
    const look = freeLook(hue, isMeasured ? [MEASURED_HUE] : nameHues, taken);
    taken.add(fillOf(look));
    looks.set(name, look);
  }
  return looks;
}

/** A hue for each thing, the hash's own where it is free; of more things than hues, any. */
function huesOf(things: readonly string[]): ReadonlyMap<string, Token> {
  const hues = new Map<string, Token>();
  for (const thing of [...new Set(things)].sort()) {
    const own = hashOf(thing) % nameHues.length;
    const from = [...nameHues.slice(own), ...nameHues.slice(0, own)];
    const used = [...hues.values()];
    const times = (hue: Token) => used.filter((each) => each === hue).length;
    const rarest = Math.min(...from.map(times));
    hues.set(thing, from.find((hue) => times(hue) === rarest) ?? nameHues[0]);
  }
  return hues;
}
