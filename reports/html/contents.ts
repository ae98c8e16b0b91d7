// Entries of a page's contents that differ in one place: said once, with a link for each difference.

/** Entries that follow each other: '<before> <middle> <after>'. */
export interface Run {
  /** Which entry is the first. */
  readonly from: number;
  readonly before: string;
  readonly middles: readonly string[];
  readonly after: string;
}

/** Fewer are as quickly read one by one. */
const MIN_RUN = 3;

/** All `texts`, in their order: runs of those that begin alike and end alike, and single ones. */
export function runsOf(texts: readonly string[]): readonly Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < texts.length; ) {
    const run = runFrom(texts, from);
    runs.push(run);
    from += run.middles.length;
  }
  return runs;
}

function runFrom(texts: readonly string[], from: number): Run {
  const first = texts[from] ?? '';
  let best: Run = { from, before: '', middles: [first], after: '' };
  for (let to = from + MIN_RUN; to <= texts.length; to++) {
    const own = texts.slice(from, to).map((text) => text.split(' '));
    const shortest = Math.min(...own.map(({ length }) => length));
    const before = sharedWords(own, shortest - 1, (words, at) => words[at]);
    const after = sharedWords(own, shortest - 1 - before, (words, at) => words.at(-1 - at));
    // A word or two in common are chance.
    if (before + after < MIN_RUN) break;
    const [words = []] = own;
    // 'i7-5930k, batch 1' and 'i7-5930k: numbers' end in what all of them end in.
    const middles = own.map((each) => each.slice(before, each.length - after).join(' '));
    const [sign = ''] = /[,:]$/.exec(middles[0] ?? '') ?? [];
    const isShared = sign !== '' && middles.every((middle) => middle.endsWith(sign));
    best = {
      from,
      before: words.slice(0, before).join(' '),
      middles: isShared ? middles.map((middle) => middle.slice(0, -1)) : middles,
      after: [isShared ? sign : '', ...words.slice(words.length - after)].join(' ').trimEnd(),
    };
  }
  return best;
}

/** How many words at one end all have in common, at most `most`. */
function sharedWords(
  all: readonly (readonly string[])[],
  most: number,
  at: (words: readonly string[], index: number) => string | undefined,
): number {
  const [first = []] = all;
  let shared = 0;
  while (shared < most && all.every((words) => at(words, shared) === at(first, shared))) shared++;
  return shared;
}
