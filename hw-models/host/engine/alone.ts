// The engine on this thread alone, by WebAssembly: what a browser's worker has.

import type { Executor } from '../contract.js';
import type { Step } from './kernel.js';
import { engineOn, type StartRunner } from './network.js';
import { rules } from './rules.js';
import { callBinder, runsFused } from './webassembly.js';

/** Calls that are run in turn. */
type BoundCalls = readonly (() => void)[];

const startAlone: StartRunner<BoundCalls> = async (memory, { fused }) => {
  const bind = callBinder(memory, fused);
  const { buffer } = memory;
  const bound = (step: Step): BoundCalls =>
    'onMain' in step ? [() => step.onMain(buffer)] : step.map(bind);
  return {
    bind: (layers) => layers.map((steps) => steps.flatMap(bound)),
    run: (layers) =>
      layers.map((calls) => {
        for (const call of calls) call();
        return 0;
      }),
    stop: () => undefined,
  };
};

/**
 * The executor `sparse` without threads, native kernels or a clock (every layer takes 0 s): for what
 * layers meet. The bits are those of {@link engineOn} on one thread of WebAssembly.
 */
export function createSparseAlone(): Executor {
  const setting = { threads: 1, fused: runsFused(), native: null };
  return engineOn(
    { name: 'sparse', label: 'sparse', optIn: false },
    rules.sparse,
    async () => ({ setting, hint: null }),
    startAlone,
  );
}
