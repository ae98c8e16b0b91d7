// Protocol Buffers' text format, as far as Caffe's network files use it: fields with numbers,
// words, texts and blocks.

import { InputError } from '../../base/errors.js';

/** A block's fields, each with all its values in their order. */
export type Block = ReadonlyMap<string, readonly Field[]>;
export type Field = { readonly line: number } & (
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'block'; readonly block: Block }
);

const TOKEN =
  /\s*(?:#[^\n]*(?:\n\s*|$))*(?:([A-Za-z_][\w.]*|[-+]?[\d.][\w.+-]*|[-+][A-Za-z]+)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([{}:;,[\]<>]))/y;
const DEEPEST = 64;
const MAX_TOKENS = 10_000_000;

/** @throws InputError with the line, for what is no such text. */
export function readTextProto(text: string, file: string): Block {
  const ends = lineEnds(text);
  let offset = 0;
  let tokens = 0;
  const fault = (found: string, expected: string) =>
    new InputError(`${file}:${lineOf(offset, ends)}: found ${found}, expected ${expected}`);

  /** The next token without taking it; null at the end. */
  const peek = () => {
    TOKEN.lastIndex = offset;
    const match = TOKEN.exec(text);
    if (match)
      return {
        word: match[1],
        quoted: match[2],
        sign: match[3],
        end: TOKEN.lastIndex,
        text: match[0].trim(),
      };
    if (/^\s*(?:#[^\n]*(?:\n\s*|$))*$/.test(text.slice(offset))) return null;
    throw fault(JSON.stringify(text.slice(offset).trimStart().slice(0, 20)), 'a field');
  };
  const take = () => {
    const token = peek();
    if (token) offset = token.end;
    if (++tokens > MAX_TOKENS) throw fault(`more than ${MAX_TOKENS} words`, 'less');
    return token;
  };

  const readBlock = (close: string | null, depth: number): Block => {
    if (depth > DEEPEST) throw fault(`blocks nested ${depth} deep`, `at most ${DEEPEST}`);
    const fields = new Map<string, Field[]>();
    for (;;) {
      const token = take();
      if (!token) {
        if (close === null) return fields;
        throw fault('the end of the file', `'${close}': truncated`);
      }
      if (token.sign !== undefined && token.sign === close) return fields;
      if (token.sign === ';' || token.sign === ',') continue;
      if (token.word === undefined) throw fault(`'${token.text.slice(0, 20)}'`, "a field's name");
      const values = fields.get(token.word) ?? [];
      values.push(...readValues(depth));
      fields.set(token.word, values);
    }
  };

  const readValues = (depth: number): readonly Field[] => {
    const token = take();
    const line = lineOf(offset, ends);
    if (token?.sign === '{') return [{ kind: 'block', line, block: readBlock('}', depth + 1) }];
    if (token?.sign === '<') return [{ kind: 'block', line, block: readBlock('>', depth + 1) }];
    if (token?.sign !== ':')
      throw fault(`'${token?.text.slice(0, 20) ?? 'the end of the file'}'`, "':' or '{'");
    const value = take();
    if (value?.sign === '{') return [{ kind: 'block', line, block: readBlock('}', depth + 1) }];
    if (value?.sign !== '[') return [scalar(value, line)];
    const values: Field[] = [];
    for (;;) {
      const item = take();
      if (item?.sign === ']') return values;
      if (item?.sign !== ',') values.push(scalar(item, line));
    }
  };

  const scalar = (token: ReturnType<typeof take>, line: number): Field => {
    const text = token?.word ?? token?.quoted?.slice(1, -1);
    if (text === undefined) throw fault(`'${token?.text ?? 'the end of the file'}'`, 'a value');
    return { kind: 'scalar', line, text };
  };

  return readBlock(null, 0);
}

function lineEnds(text: string): readonly number[] {
  const ends: number[] = [];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at);
  return [...ends, text.length];
}

/** By halving: a line is asked for at every field. */
function lineOf(offset: number, ends: readonly number[]): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) < offset) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}
