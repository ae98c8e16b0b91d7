// The interface by which long work reports its progress.

/**
 * Called with a short present-tense sentence: 'alex-6 on eie-64', and with the share of all the
 * work that is done before it, from 0 to 1, where that is known.
 */
export type Progress = (doing: string, done?: number) => void;

export const silent: Progress = () => {};

/** The progress of the part `at` of `parts` equal ones; what it says of itself is of that part. */
export function partOf(progress: Progress, at: number, parts: number): Progress {
  let within = 0;
  return (doing, done) => {
    within = done ?? within;
    progress(doing, (at + within) / parts);
  };
}
