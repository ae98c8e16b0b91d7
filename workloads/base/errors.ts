// Kinds of failure: the user's (one line, exit 2), a run's (one line, exit 1) and ours (a stack,
// exit 1).

/**
 * The user's fault: bad input or usage. The message says where, what was found and what was
 * expected; whatever it quotes of a file, its lines stay short and hold nothing that a terminal
 * would obey.
 */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(message: string) {
    super(message.split('\n').map(clear).join('\n'));
  }
}

const LONGEST_LINE = 900;

function clear(line: string): string {
  const words = line.replace(/\S{301,}/g, (word) => `${word.slice(0, 100)}…`);
  const short = words.length > LONGEST_LINE ? `${words.slice(0, LONGEST_LINE)}…` : words;
  return short.replace(
    /\p{Cc}/gu,
    (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** The command line was right and the result is bad, or could not be kept: one line, exit 1. */
export class FailedRun extends Error {
  override readonly name = 'FailedRun';
}

/** A broken promise of our own code. Never caught. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws {@link InvariantError} unless `condition` holds. */
export function invariant(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}

/** Throws {@link InputError} unless `value` is a whole number of at least `min`. */
export function requireWhole(what: string, value: number, min: number): void {
  if (!(Number.isSafeInteger(value) && value >= min)) {
    throw new InputError(`${what}: found ${value}, expected a whole number of at least ${min}`);
  }
}
