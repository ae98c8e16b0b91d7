// Reading on all cores at once: threads over parts of a probe's memory.

import { Worker } from 'node:worker_threads';
import { type Probe, probeBytes } from './probe.js';

/**
 * As text, because a thread's file would have another name in the sources than in the built
 * package.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const { code, memory, from, bytes, window } = workerData;
const { read } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
let at = 0;
parentPort.on('message', (milliseconds) => {
  const start = performance.now();
  let windows = 0;
  let taken = 0;
  do {
    read(from + at, window, 1);
    at = at + 2 * window <= bytes ? at + window : 0;
    windows++;
    taken = performance.now() - start;
  } while (taken < milliseconds);
  parentPort.postMessage((1000 * windows * window) / taken);
});
`;

/** Bytes that one turn of the loop reads: parts are multiples of it. */
const STEP = 128;
/** Bytes between two looks at the clock, at most. */
const WINDOW = 4 * 2 ** 20;

/**
 * Bytes per second of `threads` threads, each of which reads its part of the probe's first `bytes`,
 * in their order, for `seconds`: one number for each of `repeat` repetitions after one to warm up.
 */
export async function readOnAllCores(
  probe: Probe,
  bytes: number,
  threads: number,
  seconds: number,
  repeat: number,
): Promise<readonly number[]> {
  const part = Math.floor(bytes / threads / STEP) * STEP;
  const code = probeBytes();
  const { memory } = probe;
  const workers = Array.from({ length: threads }, (_, at) => {
    const from = probe.base + at * part;
    return new Worker(THREAD, {
      eval: true,
      workerData: { code, memory, from, bytes: part, window: Math.min(part, WINDOW) },
    });
  });
  try {
    const rates: number[] = [];
    for (let i = 0; i < 1 + repeat; i++) {
      const each = await Promise.all(workers.map((worker) => ask(worker, 1000 * seconds)));
      rates.push(each.reduce((sum, rate) => sum + rate, 0));
    }
    return rates.slice(1);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, milliseconds: number): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (rate: number) => {
      worker.off('error', reject);
      resolve(rate);
    });
    worker.postMessage(milliseconds);
  });
}
