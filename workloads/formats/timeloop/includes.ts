// The Jinja in Timeloop's files that its example designs use: `include_text('FILE')` puts a file's
// text where it stands, `include('FILE', 'a.b')` a part of a YAML file, `include_all('*.yaml', 'a')`
// the lists of several; `set`, `if`, `else` and `endif` choose among them; comments go. Everything
// else is refused by name.

import { InputError } from '../../base/errors.js';
import { type SourceFile, textOf } from '../source.js';
import { MAX_CHARACTERS, type Origin, readYaml } from '../yaml/document.js';
import { evaluate, isMissing, type Scope, type Value } from './jinja.js';

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
  const names = new Map<string, Value>(file.values ?? []);
  return expand(text, file.name, { file, budget, names, depth: 0 });
}

interface Context {
  readonly file: SourceFile;
  readonly budget: { includes: number };
  /** What is set, by name. */
  readonly names: Map<string, Value>;
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
  // Whether the condition of each enclosing `if` holds, and whether a branch before was taken.
  const around: { met: boolean; done: boolean; readonly line: number }[] = [];
  const isRead = () => around.every(({ met }) => met);
  for (const { at, end, construct } of constructs(text, name)) {
    const before = text.slice(from, at);
    if (isRead()) out.add(before, name, line);
    line += breaks(before);
    const place = `${name}:${line}`;
    if (construct.startsWith('{%')) await statement(construct, place, context, around, line);
    else if (construct.startsWith('{{') && isRead()) {
      await include(construct, place, context, out, { file: name, line });
    }
    line += breaks(construct);
    from = end;
    if (out.length > MAX_CHARACTERS) {
      throw new InputError(
        `${name}: found more than ${MAX_CHARACTERS} characters with its includes`,
      );
    }
  }
  const [open] = around;
  if (open)
    throw new InputError(`${name}:${open.line}: found if without endif, expected it closed`);
  out.add(text.slice(from), name, line);
  return out.done();
}

const STATEMENT = /^\{%-?\s*(\w{1,20})\b([\s\S]{0,1000}?)-?%\}$/;
const SET = /^\s*([A-Za-z_]\w{0,99})\s*=(?!=)([\s\S]*)$/;
/** Ifs in each other. */
const MAX_IFS = 50;

async function statement(
  construct: string,
  place: string,
  context: Context,
  around: { met: boolean; done: boolean; readonly line: number }[],
  line: number,
): Promise<void> {
  const [, keyword = '', rest = ''] = STATEMENT.exec(construct) ?? [];
  const outer = around.slice(0, -1).every(({ met }) => met);
  const innermost = around.at(-1);
  const scope = scopeOf(construct, place, context);
  if (keyword === 'if' && around.length < MAX_IFS) {
    const met =
      around.every((one) => one.met) && isTrue(await evaluate(rest, scope), () => scope.refuse());
    around.push({ met, done: met, line });
    return;
  }
  if (keyword === 'else' && rest.trim() === '' && innermost) {
    innermost.met = outer && !innermost.done;
    innermost.done = true;
    return;
  }
  if (keyword === 'endif' && rest.trim() === '' && innermost) {
    around.pop();
    return;
  }
  const [, name = '', expression = ''] = SET.exec(rest) ?? [];
  if (keyword !== 'set' || name === '') throw notRun(construct, place);
  if (!around.every(({ met }) => met)) return;
  context.names.set(name, await evaluate(expression, scope));
}

/** A name that is not set is no, as are an empty text and an empty part. */
function isTrue(value: Value, refuse: () => never): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value !== '';
  return isMissing(value) || value === null ? false : refuse();
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

async function include(
  construct: string,
  place: string,
  context: Context,
  out: Lines,
  origin: Origin,
): Promise<void> {
  const inner = construct.replace(/^\{\{-?/, '').replace(/-?\}\}$/, '');
  // A file's own lines keep their places.
  const [, path] = /^\s*include_text\(\s*['"]([^'"]{0,400})['"]\s*\)\s*$/.exec(inner) ?? [];
  if (path !== undefined) {
    out.append(await expandedBeside(path, 'include_text', place, context));
    return;
  }
  const value = await evaluate(inner, scopeOf(construct, place, context));
  if (isMissing(value)) throw notSet(value.missing, place);
  if (value === null) return;
  if (typeof value === 'boolean') throw notRun(construct, place);
  // JSON is YAML, and stays on its line.
  const text = typeof value === 'string' ? value : JSON.stringify(value.part);
  out.add(text, origin.file, origin.line);
}

/** The functions of Timeloop's front end that read files. */
function scopeOf(construct: string, place: string, context: Context): Scope {
  const refuse = () => {
    throw notRun(construct, place);
  };
  return {
    names: context.names,
    refuse,
    async call(name, values) {
      for (const value of values) if (isMissing(value)) throw notSet(value.missing, place);
      const [path, key, ...more] = values.map((value) =>
        typeof value === 'string' ? value : null,
      );
      const takes = (min: number, max: number) =>
        values.length >= min && values.length <= max && more.length === 0 && path !== null;
      // The folder of the file that is read.
      if (name === 'cwd' && values.length === 0) return '.';
      if (name === 'add_to_path' && takes(1, 1)) return null;
      if (path === undefined || path === null || key === null) return refuse();
      if (name === 'path_exists' && takes(1, 1)) {
        return (await context.file.beside(plain(path))) !== null;
      }
      if (name === 'include_text' && takes(1, 1)) {
        return (await expandedBeside(path, name, place, context)).text;
      }
      if (name === 'include' && takes(1, 2)) {
        return { part: await partBeside(path, key, name, place, context) };
      }
      if (name === 'include_all' && takes(1, 2)) {
        return { part: await allBeside(path, key, place, context) };
      }
      return refuse();
    },
  };
}

async function expandedBeside(path: string, called: string, place: string, context: Context) {
  if (context.depth >= DEEPEST || context.budget.includes-- <= 0) {
    throw new InputError(
      `${place}: found includes in more than ${MAX_INCLUDES} places or ${DEEPEST} deep`,
    );
  }
  const found = await besideOf(path, place, called, context.file);
  const inner = { ...context, names: new Map(context.names), depth: context.depth + 1 };
  return { ...(await expand(found.text, found.name, inner)), name: found.name };
}

async function partBeside(
  path: string,
  key: string | undefined,
  called: string,
  place: string,
  context: Context,
): Promise<unknown> {
  const inner = await expandedBeside(path, called, place, context);
  const { value } = readYaml(inner.text, inner.name, inner.origins);
  const part = (key ?? '').split('.').filter(Boolean).reduce<unknown>(memberOf, value);
  if (part === undefined)
    throw new InputError(`${place}: found no ${key} in ${inner.name}, which ${called} asks for`);
  return part;
}

/** The lists of all files whose name fits, one after another in the order of their names. */
async function allBeside(
  pattern: string,
  key: string | undefined,
  place: string,
  context: Context,
): Promise<readonly unknown[]> {
  const [, folder = '', name = ''] = /^(?:(.*)\/)?([^/]*)$/.exec(plain(pattern)) ?? [];
  const fits = new RegExp(`^${name.split('*').map(escaped).join('.*')}$`);
  const names = ((await context.file.list?.(folder)) ?? []).filter((own) => fits.test(own)).sort();
  if (names.length === 0) {
    throw new InputError(`${place}: found no file ${pattern} beside this one, expected some`);
  }
  const all: unknown[] = [];
  for (const own of names) {
    const path = folder === '' ? own : `${folder}/${own}`;
    const part = await partBeside(path, key, 'include_all', place, context);
    if (!Array.isArray(part)) {
      throw new InputError(`${place}: found no list at ${key} in ${path}, expected one`);
    }
    all.push(...part);
  }
  return all;
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A path without './' before it. */
const plain = (path: string) => path.replace(/^(?:\.\/+)+/, '');

const memberOf = (value: unknown, key: string): unknown =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;

function notSet(name: string, place: string): InputError {
  return new InputError(
    `${place}: found no value of ${name}, expected one (--set ${name}=VALUE of hardware import and evaluate)`,
  );
}

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
async function besideOf(stated: string, place: string, called: string, file: SourceFile) {
  const path = plain(stated);
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
