// Runs programmes: on this thread, or on this one and on workers that share its memory. A run blocks this thread, as
// every computation does; workers sleep between runs, never keep the process alive, and end on `stop`.

import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { invariant } from '../../../workloads/base/errors.js';
import type { Call, Step } from './kernel.js';
import { compileModule, type Exports, instantiate, type SharedMemory } from './webassembly.js';

type BoundCall = () => void;

interface BoundStep {
  /** Through all layers: how workers know it. */
  readonly number: number;
  /** This thread's calls. */
  readonly calls: readonly BoundCall[];
  /** Whether workers have calls too. */
  readonly isShared: boolean;
}

/** For each layer, or whatever else is run by itself, the steps that make it. */
export type BoundProgramme = readonly (readonly BoundStep[])[];

/** What a worker is sent: each of its calls as a module's number, a function and its arguments. */
interface WorkerProgramme {
  readonly modules: readonly object[];
  readonly steps: readonly (readonly WorkerCall[])[];
}

type WorkerCall = readonly [module: number, name: string, values: readonly number[]];

/** Words that threads signal each other by: an order's number, its step, workers still at it, whether one failed. */
const ORDER = 0;
const STEP = 1;
const PENDING = 2;
const FAILED = 3;
/** Steps that are none. */
const NEW_PROGRAMME = -1;
const STOP = -2;
/** Looks at a word before a thread sleeps: about as long as waking one takes. */
const SPINS = 20_000;

/**
 * What a worker runs: orders, one after the other. It is a text so that it starts the same from TypeScript, from tests
 * and compiled, without a loader; it sleeps in Atomics.wait, so programmes come through a port read by hand.
 */
const WORKER = `
const { workerData, receiveMessageOnPort } = require('node:worker_threads');
const { port, memory, signals } = workerData;
let steps = [];
function load({ modules, steps: calls }) {
  const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports);
  steps = calls.map((step) => step.map(([module, name, values]) => () => instances[module][name](...values)));
}
for (let order = 0; ; ) {
  for (let spins = 0; Atomics.load(signals, ${ORDER}) === order; spins++) {
    if (spins > ${SPINS}) Atomics.wait(signals, ${ORDER}, order);
  }
  order = Atomics.load(signals, ${ORDER});
  const step = Atomics.load(signals, ${STEP});
  if (step === ${STOP}) break;
  try {
    if (step === ${NEW_PROGRAMME}) load(receiveMessageOnPort(port).message);
    else for (const call of steps[step]) call();
  } catch {
    Atomics.store(signals, ${FAILED}, 1);
  }
  if (Atomics.sub(signals, ${PENDING}, 1) === 1) Atomics.notify(signals, ${PENDING});
}
port.close();
`;

/** `threads` threads over one memory, this one included. */
export class Crew {
  readonly #instances = new Map<object, Exports>();
  readonly #signals = new Int32Array(new SharedArrayBuffer(16));
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];

  constructor(
    readonly threads: number,
    readonly memory: SharedMemory,
    /** Which of a module's builds is taken. */
    readonly fused: boolean,
  ) {}

  async start(): Promise<void> {
    for (let i = 1; i < this.threads; i++) {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(WORKER, {
        eval: true,
        execArgv: [],
        workerData: { port: port2, memory: this.memory, signals: this.#signals },
        transferList: [port2],
      });
      this.#workers.push(worker);
      this.#ports.push(port1);
      await once(worker, 'online');
      worker.unref();
      port1.unref();
    }
  }

  /** Hands out the calls of each layer's steps. Only what was bound last can run. */
  bind(layers: readonly (readonly Step[])[]): BoundProgramme {
    const { threads } = this;
    const steps = layers.flat();
    const modules = [...new Set(steps.flatMap((step) => step.map((call) => call.module)))];
    const compiled = modules.map((module) => compileModule(module, this.fused));
    for (const [worker, port] of this.#ports.entries()) {
      const programme: WorkerProgramme = {
        modules: compiled,
        steps: steps.map((step) =>
          callsOf(step, worker + 1, threads).map((call) => [
            modules.indexOf(call.module),
            call.function,
            call.arguments,
          ]),
        ),
      };
      port.postMessage(programme);
    }
    if (threads > 1) this.#together(NEW_PROGRAMME, []);
    let number = 0;
    return layers.map((layer) =>
      layer.map((step) => ({
        number: number++,
        calls: callsOf(step, 0, threads).map((call) => this.#boundCall(call)),
        isShared: threads > 1 && step.length > 1,
      })),
    );
  }

  run(steps: readonly BoundStep[]): void {
    for (const { number, calls, isShared } of steps) {
      if (isShared) this.#together(number, calls);
      else for (const call of calls) call();
    }
  }

  stop(): void {
    if (this.#workers.length > 0) this.#order(STOP);
    for (const port of this.#ports) port.close();
    this.#workers.length = 0;
    this.#ports.length = 0;
  }

  #order(step: number): void {
    const signals = this.#signals;
    Atomics.store(signals, PENDING, this.#workers.length);
    Atomics.store(signals, STEP, step);
    Atomics.add(signals, ORDER, 1);
    Atomics.notify(signals, ORDER);
  }

  /** Has workers do a step, does this thread's calls, and waits for the others. */
  #together(step: number, calls: readonly BoundCall[]): void {
    const signals = this.#signals;
    this.#order(step);
    for (const call of calls) call();
    for (let spins = 0, left = 1; left > 0; spins++) {
      left = Atomics.load(signals, PENDING);
      if (left > 0 && spins > SPINS) Atomics.wait(signals, PENDING, left);
    }
    invariant(Atomics.load(signals, FAILED) === 0, 'a call failed on a worker thread');
  }

  #boundCall(call: Call): BoundCall {
    const compiled = compileModule(call.module, this.fused);
    let exports = this.#instances.get(compiled);
    if (!exports) {
      exports = instantiate(compiled, this.memory);
      this.#instances.set(compiled, exports);
    }
    const run = exports[call.function];
    const values = call.arguments;
    invariant(run !== undefined, () => `${call.module.name} has no function ${call.function}`);
    // WebAssembly takes missing arguments for zeros.
    invariant(
      run.length === values.length,
      () => `${call.function} was given ${values.length} of ${run.length} numbers`,
    );
    return () => void run(...values);
  }
}

/** The calls of thread number `thread`. */
function callsOf(step: Step, thread: number, threads: number): readonly Call[] {
  return step.filter((_, at) => at % threads === thread);
}
