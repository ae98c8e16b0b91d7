// A long prompt on this machine: read in passes of equal length, of which a few really run. In one
// pass, attention would hold the scores of each token with each other at once.

import type { Comparison, HardwareResult } from '../result.js';
import { sumOver } from './generation.js';

/** Tokens of a pass, as servers read long prompts piece by piece. */
export const PIECE = 512;

/** Longer prompts are read in pieces. */
const MAX_WHOLE = 2 * PIECE;

export const isLong = (prompt: number): boolean => prompt > MAX_WHOLE;

/** Tokens before the pieces that run: the first, a middle and the last whole one. */
export function piecesOf(prompt: number): readonly number[] {
  const last = Math.floor(prompt / PIECE) - 1;
  return [...new Set([0, Math.floor(last / 2), last])].map((piece) => piece * PIECE);
}

/**
 * What all pieces take, from those that ran: what a piece takes grows with the tokens before it in
 * attention alone, along a straight line. A last one that is shorter takes its share of the one
 * before.
 */
export function allPieces(
  prompt: number,
  ran: readonly { readonly before: number; readonly value: number }[],
): number {
  const whole = sumOver(ran.map(({ before, value }) => ({ at: before / PIECE, value })));
  return whole + ((prompt % PIECE) / PIECE) * (ran.at(-1)?.value ?? 0);
}

/** The pass over the whole prompt, from the passes over pieces behind `before` tokens. */
export function asOnePass(
  prompt: number,
  before: readonly number[],
  pieces: readonly Comparison[],
): Comparison {
  const [first] = pieces as readonly [Comparison];
  const rows = pieces.map(({ results }) => results[0] as HardwareResult);
  const sum = (of: (row: HardwareResult) => number | null) => {
    const ran = rows.map((row, at) => ({ before: before[at] as number, value: of(row) }));
    if (ran.some(({ value }) => value === null)) return null;
    return allPieces(prompt, ran as { before: number; value: number }[]);
  };
  const [row] = rows as [HardwareResult];
  const count = Math.ceil(prompt / PIECE);
  const note = `the prompt in ${count} pieces of at most ${PIECE} tokens: those behind ${before.join(', ')} ran, the others by straight lines between`;
  const whole: HardwareResult = {
    ...row,
    seconds: sum(({ seconds }) => seconds) ?? row.seconds,
    joules: sum(({ joules }) => joules),
    notes: [...new Set([note, ...rows.flatMap(({ notes }) => notes)])],
  };
  return { ...first, results: [whole] };
}
