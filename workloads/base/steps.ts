/**
 * Work that pauses now and then, so that whoever drives it may do something else in between, or
 * drop the rest.
 */
export type Steps<Result> = Generator<void, Result>;

/** Does all of it at once. */
export function finish<Result>(work: Steps<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
