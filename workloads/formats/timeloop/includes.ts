// The Jinja in Timeloop's files that can be followed without running it: `include_text('FILE')`
// puts a file's text where it stands, `include('FILE', 'a.b')` a part of a YAML file; comments go.
// Everything else is refused by name.

import { InputError } from '../../base/errors.js';
import { type SourceFile, textOf } from '../source.js';
import { MAX_CHARACTERS, type Origin, readYaml } from '../yaml/document.js';

/** A text with its includes followed, and where each of its lines stood. */
export interface Expanded {
  readonly text: string;
  readonly origins: readonly Origin[];
}

/** Files that include each other are no description of anything. */
const DEEPEST = 10;
const MAX_INCLUDES = 100;

/**
 * @throws InputError, one line with its place, for Jinja that would have to be run, and for a file
 *   that is not there.
 */
export async function followIncludes(file: SourceFile): Promise<Expanded> {
  const text = textOf(file);
  const budget = { includes: MAX_INCLUDES };
  return expand(text, file.name, { file, budget, depth: 0 });
}

interface Context {
  readonly file: SourceFile;
  readonly budget: { includes: number };
  readonly depth: number;
}

const OPENINGS: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}', '{#': '#}' };

async function expand(text: string, name: string, context: Context): Promise<Expanded> {
  if (text.length > MAX_CHARACTERS) {
    throw new InputError(
      `${name}: found ${text.length} characters, expected at most ${MAX_CHARACTERS}`,
    );
  }
  const out = new Lines();
  let line = 1;
  let from = 0;
  for (const { at, end, construct } of constructs(text, name)) {
    const before = text.slice(from, at);
    out.add(before, name, line);
    line += breaks(before);
    if (!construct.startsWith('{#'))
      await include(construct, `${name}:${line}`, context, out, { file: name, line });
    line += breaks(construct);
    from = end;
    if (out.length > MAX_CHARACTERS) {
      throw new InputError(
        `${name}: found more than ${MAX_CHARACTERS} characters with its includes`,
      );
    }
  }
  out.add(text.slice(from), name, line);
  return out.done();
}

interface Construct {
  readonly at: number;
  readonly end: number;
  readonly construct: string;
}

/** Jinja outside YAML's own comments. */
function* constructs(text: string, name: string): Generator<Construct> {
  for (let at = text.indexOf('{'); at >= 0; ) {
    const closing = OPENINGS[text.slice(at, at + 2)];
    if (closing === undefined || isCommented(text, at)) {
      at = text.indexOf('{', at + 1);
      continue;
    }
    const closed = text.indexOf(closing, at + 2);
    const end = closed + 2;
    if (closed < 0) {
      const line = breaks(text.slice(0, at)) + 1;
      throw new InputError(
        `${name}:${line}: found ${text.slice(at, at + 2)} without its ${closing}, expected it closed`,
      );
    }
    yield { at, end, construct: text.slice(at, end) };
    at = text.indexOf('{', end);
  }
}

/** How far back a comment's sign is looked for: lines of YAML are not longer. */
const LONGEST_LINE = 1000;

function isCommented(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - LONGEST_LINE), at);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return /(^|\s)#/.test(line);
}

const CALL = /^\{\{-?\s*(\w{1,40})\s*\(([^()]{0,400})\)\s*-?\}\}$/;
const ARGUMENT = /^\s*(?:'([^']*)'|"([^"]*)")\s*$/;

async function include(
  construct: string,
  place: string,
  context: Context,
  out: Lines,
  origin: Origin,
): Promise<void> {
  const [, called = '', list = ''] = CALL.exec(construct) ?? [];
  const read = list.split(',').map((part) => ARGUMENT.exec(part));
  const [path, key] = read.map((found) => found?.[1] ?? found?.[2]);
  const isText = called === 'include_text' && read.length === 1;
  const isPart =
    called === 'include' && (read.length === 1 || (read.length === 2 && key !== undefined));
  if (path === undefined || !(isText || isPart)) throw notRun(construct, place);
  if (context.depth >= DEEPEST || context.budget.includes-- <= 0) {
    throw new InputError(
      `${place}: found includes in more than ${MAX_INCLUDES} places or ${DEEPEST} deep`,
    );
  }
  const found = await besideOf(path, place, called, context.file);
  const inner = await expand(found.text, found.name, { ...context, depth: context.depth + 1 });
  if (isText) {
    out.append(inner);
    return;
  }
  const { value } = readYaml(inner.text, found.name, inner.origins);
  const part = (key ?? '').split('.').filter(Boolean).reduce<unknown>(memberOf, value);
  if (part === undefined)
    throw new InputError(`${place}: found no ${key} in ${found.name}, which ${called} asks for`);
  // JSON is YAML, and stays on its line.
  out.add(JSON.stringify(part), origin.file, origin.line);
}

const memberOf = (value: unknown, key: string): unknown =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;

function notRun(construct: string, place: string): InputError {
  const shown = construct.replaceAll(/\s+/g, ' ').slice(0, 60);
  return new InputError(
    `${place}: found ${shown}, which only Timeloop's front end can run: name the parsed-processed-input.yaml that it writes`,
  );
}

/**
 * A file in the folder; one that a path out of it names is looked for in the folder by its last
 * name.
 */
async function besideOf(path: string, place: string, called: string, file: SourceFile) {
  const parts = path.split('/');
  const name = parts.includes('..') || path.startsWith('/') ? (parts.at(-1) ?? '') : path;
  const bytes = name === '' ? null : await file.beside(name);
  if (bytes) return { name, text: textOf({ bytes, name }) };
  const leads = name === path ? '' : `, as '${path}' leads out of the folder`;
  throw new InputError(
    `${place}: found no ${name || 'name'} beside this file, which ${called} needs: copy it there${leads}`,
  );
}

function breaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** A text that grows, with where each line began. */
class Lines {
  length = 0;
  private readonly pieces: string[] = [];
  private readonly origins: Origin[] = [];
  /** Whether the last line has a beginning already. */
  private open = false;

  add(text: string, file: string, line: number): void {
    this.append({
      text,
      origins: Array.from({ length: breaks(text) + 1 }, (_, at) => ({ file, line: line + at })),
    });
  }

  append({ text, origins }: Expanded): void {
    if (text === '') return;
    // What goes on a line that something else began belongs to that; an empty last line is begun by
    // what follows.
    const begun = origins.slice(this.open ? 1 : 0, breaks(text) + (text.endsWith('\n') ? 0 : 1));
    this.origins.push(...begun);
    this.open = !text.endsWith('\n');
    this.pieces.push(text);
    this.length += text.length;
  }

  done(): Expanded {
    return { text: this.pieces.join(''), origins: this.origins };
  }
}
