// Maps many problems on several threads. Each problem is mapped by one thread as any other one
// would map it, so the mappings are the same for any number of threads.

import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../../workloads/base/worker.node.js';
import type { Architecture } from '../description/architecture.js';
import type { Problem } from '../nest/problem.js';
import { type Mapped, type MapperOptions, mapProblem } from './mapper.js';
import type { Rates } from './rates.js';

/** What a thread is sent. */
export interface MapJob {
  readonly problem: Problem;
  readonly architecture: Architecture;
  readonly rates: Rates;
  readonly options: MapperOptions;
}

/** The mapping of each job, null where nothing fits. One thread is this one. */
export async function mapOnThreads(
  jobs: readonly MapJob[],
  threads: number,
): Promise<readonly (Mapped | null)[]> {
  const count = Math.min(threads, jobs.length);
  if (count < 2) {
    return jobs.map(({ problem, architecture, rates, options }) =>
      mapProblem(problem, architecture, rates, options),
    );
  }
  const mapped: (Mapped | null)[] = jobs.map(() => null);
  const waiting = jobs.entries();
  const workers = Array.from({ length: count }, () => startWorker(import.meta.url, 'thread.node'));
  try {
    await Promise.all(
      workers.map(async (worker) => {
        for (const [at, job] of waiting) mapped[at] = await answer(worker, job);
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return mapped;
}

function answer(worker: Worker, job: MapJob): Promise<Mapped | null> {
  return new Promise((resolve, reject) => {
    const ended = (code: number) => reject(new Error(`a mapper's thread ended with code ${code}`));
    worker.once('message', (mapped: Mapped | null) => {
      worker.off('error', reject).off('exit', ended);
      resolve(mapped);
    });
    worker.once('error', reject).once('exit', ended);
    worker.postMessage(job);
  });
}
