// The rewriting passes, in the order in which they run.

import { withoutDeadCode } from './dead-code.js';
import type { Draft, Pass } from './draft.js';

const passes: readonly Pass[] = [withoutDeadCode];

export function runPasses(draft: Draft): Draft {
  return passes.reduce((before, pass) => pass(before), draft);
}
