// YAML files with the places of their keys: one clear line for what cannot be read, whatever is in
// it.

import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { InputError } from '../../base/errors.js';

export interface YamlFile {
  readonly value: unknown;
  /** 'file:line:column' of what stands at `path`, or of the innermost part of it that is there. */
  place(path: readonly PropertyKey[]): string;
  /** Whether the file itself states `path`. */
  states(path: readonly PropertyKey[]): boolean;
}

/** Where a line stood before files were put together. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** An alias that stands for more nodes than this is a bomb. */
const MAX_ALIASES = 100;
/** Longer texts take seconds to read, and are no descriptions that people or tools write. */
export const MAX_CHARACTERS = 1024 ** 2;

const TOO_DEEP = 'found nodes nested too deep to read';

/** The key under which a map's own tag stands: `!Component {name: a}` is {'!': 'Component', …}. */
export const TAG = '!';

/**
 * Maps may be merged (`<<: *base`), and keys come once; a map's own tag stands under {@link TAG}. `origins`: where each line of the text came
 * from, if not from the file itself. @throws InputError, one line with its place, for what is no
 * YAML, is too large, or too deep.
 */
export function readYaml(text: string, file: string, origins?: readonly Origin[]): YamlFile {
  if (text.length > MAX_CHARACTERS) {
    throw new InputError(
      `${file}: found ${text.length} characters of YAML, expected at most ${MAX_CHARACTERS}`,
    );
  }
  requireShallow(text, file);
  const lines = new LineCounter();
  const document = withoutOverflow(file, () =>
    parseDocument(text, { lineCounter: lines, stringKeys: true, merge: true }),
  );
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    const origin = origins?.[line - 1] ?? { file, line };
    return `${origin.file}:${origin.line}:${col}`;
  };
  const [error] = document.errors;
  if (error) {
    const reason = (error.message.split('\n')[0] as string).replace(/ at line.*$/, '');
    throw new InputError(`${at(error.pos[0])}: ${/call stack/.test(reason) ? TOO_DEEP : reason}`);
  }
  withoutOverflow(file, () => keepTags(document));
  const root = document.contents;
  return {
    value: withoutOverflow(file, () => document.toJS({ maxAliasCount: MAX_ALIASES })),
    place: (path) => at(offsetOf(root, path)),
    states: (path) =>
      path.length === 0 ||
      document.hasIn(path.map((key) => (typeof key === 'number' ? key : String(key)))),
  };
}

function keepTags(document: Document.Parsed): void {
  visit(document, {
    Map(_, map) {
      const [, tag] = /^!(\w{1,40})$/.exec(map.tag ?? '') ?? [];
      if (tag !== undefined) map.items.unshift(document.createPair(TAG, tag));
    },
  });
}

/**
 * Maps and lists nested deeper than this are no description of anything, and the library takes
 * seconds for them.
 */
const DEEPEST = 100;

/** Told from the brackets, wherever they stand, before the library sees the text. */
function requireShallow(text: string, file: string): void {
  let depth = 0;
  for (const { 0: sign } of text.matchAll(/[[\]{}]/g)) {
    depth = sign === '[' || sign === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > DEEPEST) throw new InputError(`${file}: ${TOO_DEEP}`);
  }
  if (/(?:[-?:] +){100}/.test(text)) throw new InputError(`${file}: ${TOO_DEEP}`);
}

/**
 * The library recurses into nested nodes, and throws a ReferenceError for aliases that it won't
 * resolve.
 */
function withoutOverflow<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${file}: ${TOO_DEEP}`);
    if (error instanceof ReferenceError) throw new InputError(`${file}: ${error.message}`);
    if (error instanceof Error && /^Merge sources/.test(error.message)) {
      throw new InputError(
        `${file}: found a merge (<<) of something else, expected a map or an alias of one`,
      );
    }
    throw error;
  }
}

/** Where a path stands in the text; a missing key points at what lacks it. */
function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let node: Node | null = root;
  let offset = root?.range?.[0] ?? 0;
  for (const key of path) {
    if (isSeq(node) && typeof key === 'number') {
      node = (node.items[key] as Node | undefined) ?? null;
      if (!node) break;
      offset = node.range?.[0] ?? offset;
      continue;
    }
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    if (!pair) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value as Node | null;
  }
  return offset;
}
