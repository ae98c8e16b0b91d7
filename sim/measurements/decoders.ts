// The passes of a decoder for a prompt and an answer: the pass over the prompt, and single tokens
// at a few context lengths, each of which represents its neighbours.

import { InputError } from '../../workloads/base/errors.js';
import { zooEntry } from '../../workloads/zoo/index.js';
import { networkTasks, type Pass } from './tasks.js';
import type { DecoderWork } from './work.js';

/** Null for a name that is no decoder's, or more tokens than it takes. */
export function decoderPasses({
  name,
  prompt,
  tokens,
  context,
  before = 0,
}: DecoderWork): readonly Pass[] | null {
  const passes = [
    ...(prompt > 0 ? [{ sequence: prompt, past: before, times: 1 }] : []),
    ...samplesOf(context, tokens),
  ];
  const made: Pass[] = [];
  for (const { sequence, past, times } of passes) {
    const tasks = tasksOf(name, sequence, past);
    if (!tasks) return null;
    made.push({ tasks, times });
  }
  return made;
}

/** Both ends of the growing context, each for half of the tokens: a straight line between them. */
function samplesOf(context: number, tokens: number) {
  if (tokens === 0) return [];
  if (tokens === 1) return [{ sequence: 1, past: context, times: 1 }];
  const last = context + tokens - 1;
  return [context, last].map((past) => ({ sequence: 1, past, times: tokens / 2 }));
}

function tasksOf(name: string, sequence: number, past: number) {
  try {
    const entry = zooEntry(name, new Map(Object.entries({ sequence, past })));
    return entry && networkTasks(entry.network);
  } catch (error) {
    // No dimensions of that name, or too many tokens.
    if (error instanceof InputError) return null;
    throw error;
  }
}
