// One thread of the mapper: problems in, their mappings out.

import { parentPort } from 'node:worker_threads';
import { invariant } from '../../../workloads/base/errors.js';
import { mapProblem } from './mapper.js';
import type { MapJob } from './threads.node.js';

invariant(parentPort !== null, 'this file runs as a worker thread');
const port = parentPort;
port.on('message', ({ problem, architecture, rates, options }: MapJob) => {
  port.postMessage(mapProblem(problem, architecture, rates, options));
});
