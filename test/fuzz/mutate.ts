// Broken files made of whole ones, from a seed: the same number, the same file.

import { createRandom, type Random } from '../../workloads/base/random.js';

/** Files cut at every hundredth come first. */
const CUTS = 100;

/** The broken file number `at` of `whole`. */
export function mutate(whole: Uint8Array, text: boolean, seed: number, at: number): Uint8Array {
  if (at < CUTS) return whole.subarray(0, Math.floor((whole.length * at) / CUTS));
  const random = createRandom(seed, `mutation ${at}`);
  const kinds = text ? [...binary, ...textual] : binary;
  let bytes: Uint8Array = Uint8Array.from(whole);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const kind = kinds[random.below(kinds.length)];
    if (kind) bytes = kind(bytes, random);
  }
  return bytes;
}

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const binary: readonly Mutation[] = [
  flipBits,
  extremeBytes,
  hostileNumber,
  cut,
  repeat,
  remove,
  exchange,
  insertNoise,
];
const textual: readonly Mutation[] = [hostileDigits, nest, exchangeWords, insertSigns];

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  for (let flips = 1 + random.below(8); flips > 0; flips--) {
    const at = random.below(Math.max(1, bytes.length));
    if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
  }
  return bytes;
}

function extremeBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const value = [0, 0x7f, 0x80, 0xff][random.below(4)] ?? 0;
  const from = random.below(bytes.length + 1);
  return bytes.fill(value, from, from + 1 + random.below(12));
}

/** Sizes and counts as large as they go, or below zero, in four or eight bytes, or as a varint. */
function hostileNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const values = [
    [0xff, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0x7f],
    [0x00, 0x00, 0x00, 0x80],
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00],
  ];
  const value = values[random.below(values.length)] ?? [];
  if (bytes.length < value.length) return bytes;
  bytes.set(value, random.below(bytes.length - value.length + 1));
  return bytes;
}

function cut(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.slice(0, random.below(bytes.length + 1));
}

/** A piece, again and again. */
function repeat(bytes: Uint8Array, random: Random): Uint8Array {
  const from = random.below(bytes.length + 1);
  const piece = bytes.subarray(from, from + 1 + random.below(200));
  const times = 1 + random.below(50);
  return joined([
    bytes.subarray(0, from),
    ...Array.from({ length: times }, () => piece),
    bytes.subarray(from),
  ]);
}

function remove(bytes: Uint8Array, random: Random): Uint8Array {
  const from = random.below(bytes.length + 1);
  return joined([bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(100))]);
}

/** A piece in another's place. */
function exchange(bytes: Uint8Array, random: Random): Uint8Array {
  const length = 1 + random.below(100);
  const [from, to] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
  return bytes.copyWithin(to, from, from + length);
}

function insertNoise(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const noise = Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256));
  return joined([bytes.subarray(0, at), noise, bytes.subarray(at)]);
}

const numbers = [
  '-1',
  '0',
  '1e999',
  '-0.0',
  'NaN',
  '9007199254740993',
  '4294967296',
  '2147483647',
  '1e9',
  '0.5',
  '99999999999999999999',
];

/** A number by one that nobody should write. */
function hostileDigits(bytes: Uint8Array, random: Random): Uint8Array {
  const found = [...decode(bytes).matchAll(/\d+(?:\.\d+)?/g)];
  const match = found[random.below(Math.max(1, found.length))];
  const by = numbers[random.below(numbers.length)] ?? '';
  return match ? replaced(bytes, match.index, match[0].length, by) : bytes;
}

/** Brackets as deep as a stack, or one deeper than is closed. */
function nest(bytes: Uint8Array, random: Random): Uint8Array {
  const [open, close] = [
    ['[', ']'],
    ['{', '}'],
    ['{a: ', '}'],
    ['(', ')'],
    ['a {', '}'],
    ['- ', ''],
  ][random.below(6)] ?? ['[', ']'];
  const deep = [10, 100, 20_000][random.below(3)] ?? 10;
  const at = random.below(bytes.length + 1);
  return replaced(
    bytes,
    at,
    0,
    (open ?? '').repeat(deep) + (close ?? '').repeat(random.below(2) * deep),
  );
}

function exchangeWords(bytes: Uint8Array, random: Random): Uint8Array {
  const found = [...decode(bytes).matchAll(/[A-Za-z_]\w*/g)];
  const [a, b] = [0, 1].map(() => found[random.below(Math.max(1, found.length))]);
  return a && b ? replaced(bytes, a.index, a[0].length, b[0]) : bytes;
}

function insertSigns(bytes: Uint8Array, random: Random): Uint8Array {
  const signs = [
    '"',
    "'",
    '\\',
    '\n',
    '\0',
    ':',
    ',',
    '&a ',
    '*a',
    '!!js/function ',
    '__proto__',
    '\ufeff',
    '%',
    '#',
    '<<: *a',
  ];
  return replaced(
    bytes,
    random.below(bytes.length + 1),
    0,
    signs[random.below(signs.length)] ?? '',
  );
}

/** Byte for byte, so that places stay what they are. */
const decode = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

function replaced(bytes: Uint8Array, at: number, length: number, by: string): Uint8Array {
  return joined([bytes.subarray(0, at), new TextEncoder().encode(by), bytes.subarray(at + length)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}
