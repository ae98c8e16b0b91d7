// Two kinds of failure: the user's (one line, exit 2) and ours (a stack, exit 1).

/** The user's fault: bad input or usage. The message says where, what was found and what was expected. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** A broken promise of our own code. Never caught. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws {@link InvariantError} unless `condition` holds. */
export function invariant(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}

/** Throws {@link InputError} unless `value` is a whole number of at least `least`. */
export function requireWhole(what: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    throw new InputError(`${what}: found ${value}, expected a whole number of at least ${least}`);
  }
}
