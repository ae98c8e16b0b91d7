/** The command did its work and the result is bad: one line, exit 1. */
export class FailedRun extends Error {
  override readonly name = 'FailedRun';
}
