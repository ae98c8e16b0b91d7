// One thread of a sweep: batches of designs in, results out.

import { parentPort, workerData } from 'node:worker_threads';
import { InputError, invariant } from '../../workloads/base/errors.js';
import { loadPlugin } from '../plugin.node.js';
import { soloCrew } from './crew.js';
import { createEvaluator } from './evaluator.js';
import type { Proposal } from './result.js';
import type { ThreadReply, ThreadStart } from './threads.node.js';
import { createWorkloadSource } from './workloads.node.js';

invariant(parentPort !== null, 'this file runs as a worker thread');
const port = parentPort;
const { plan, published, plugins }: ThreadStart = workerData;
for (const file of plugins) await loadPlugin(file);
const crew = soloCrew(createEvaluator(plan, createWorkloadSource(plan, published)));

// One after the other: replies are told apart by their order.
let before: Promise<void> = Promise.resolve();
port.on('message', (batch: readonly Proposal[]) => {
  before = before
    .then(() => crew.evaluate(batch))
    .then(reply, (error: unknown) => reply({ fault: faultOf(error) }));
});

function reply(message: ThreadReply): void {
  port.postMessage(message);
}

function faultOf(error: unknown) {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack, isInput: error instanceof InputError };
}
