// Notes of models and runs, brought together: near-identical ones become one, and those that make a
// number doubtful are told from those that only explain it.

interface Noted {
  readonly name: string;
  readonly notes: readonly string[];
}

/** A number by itself: no exponent, part of a name, or side of a shape such as 4×4. */
const NUMBER = /(?<![\w×.(,])\d+(?:,\d{3})*(?:\.\d+)?(?![\w×(-]|\.\d)/g;

/**
 * Each note once, with the layers that it is about where the network has others. Notes that differ
 * in numbers alone become one with the range of each number: 'misses 48 to 44,616 bytes'.
 */
export function collectNotes(layers: readonly Noted[]): readonly string[] {
  const alike = new Map<string, { readonly texts: Set<string>; readonly names: Set<string> }>();
  const keys = new Map<string, string>();
  for (const { name, notes } of layers) {
    for (const note of notes) {
      const key = keys.get(note) ?? note.replace(NUMBER, '#');
      keys.set(note, key);
      const group = alike.get(key) ?? { texts: new Set(), names: new Set() };
      alike.set(key, group);
      group.texts.add(note);
      group.names.add(name);
    }
  }
  return [...alike.values()].map(({ texts, names }) => {
    const text = spanned([...texts]);
    if (names.size === layers.length) return text;
    const few = [...names].join(', ');
    return `${text} [${names.size > 3 ? `${names.size} layers` : few}]`;
  });
}

/** One text of several that differ in numbers alone. */
function spanned(texts: readonly string[]): string {
  const [first = ''] = texts;
  if (texts.length === 1) return first;
  const numbers = texts.map((text) => text.match(NUMBER) ?? []);
  let at = 0;
  return first.replace(NUMBER, (own) => {
    const here = numbers.map((each) => each[at] ?? own);
    at++;
    const numberOf = (text: string) => Number(text.replaceAll(',', ''));
    const sorted = here.toSorted((a, b) => numberOf(a) - numberOf(b));
    const [min = own, greatest = own] = [sorted[0], sorted.at(-1)];
    return min === greatest ? own : `${min} to ${greatest}`;
  });
}

/** Words by which models and runs say that a number rests on less than the others. */
const DOUBT =
  /\bestimate|\bas if\b|\bnot in the paper|does not describe|\bbusy\b|\boff by\b|\bnobody\b|not modelled|not implemented|computes something else|not calibrated|calibrated by another/;

/** Whether a note says that a number is doubtful; others explain where it comes from. */
export function isDoubt(note: string): boolean {
  return DOUBT.test(note);
}
