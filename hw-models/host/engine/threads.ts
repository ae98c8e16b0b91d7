// Runs programmes: on this thread, or on this one and others that share its memory. A run blocks
// this thread, as every computation does; the others sleep between runs, never keep the process
// alive, and end on `stop`. Native steps have threads of the library's own (native/crew.ts), steps
// of WebAssembly have workers.

import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { invariant } from '../../../workloads/base/errors.js';
import type { Call, KernelModule, Step } from './kernel.js';
import { NativeCrew } from './native/crew.js';
import type { Builds, Runner } from './network.js';
import { callBinder, compileModule, type SharedMemory } from './webassembly.js';

type BoundCall = () => void;

/** A step whose calls are native: which of the programme's. */
interface NativeStep {
  readonly native: number;
}

interface OwnStep {
  /** Through all layers: how threads know it. */
  readonly number: number;
  /**
   * Calls to be run in their order on one thread: whichever takes them, so that one held up holds
   * up no other.
   */
  readonly lanes: readonly (readonly BoundCall[])[];
}

/** The steps that make a layer, or whatever else is run by itself. */
export type BoundLayer = readonly (NativeStep | OwnStep)[];

type WebAssemblyCall = Call & { readonly module: KernelModule };

/** What a worker is sent: for each step its lanes' calls. */
interface WorkerProgramme {
  readonly modules: readonly object[];
  readonly steps: readonly (readonly (readonly WorkerCall[])[])[];
}

/** Of the module with that number. */
type WorkerCall = readonly [module: number, name: string, values: readonly number[]];

/**
 * Words that threads signal each other by. A ticket is a step's number and the next of its lanes
 * that nobody has taken, or, below zero, the number of an order whose message lies in each worker's
 * port. A thread that wins the exchange of a ticket for the next one has that lane, and the ticket
 * alone says what it is: it does not matter how old its reading is.
 */
const TICKET = 0;
/** Lanes of the step, or workers of the order, that are done. */
const DONE = 1;
const FAILED = 2;
const LANE_BITS = 12;
const LANE_MASK = 2 ** LANE_BITS - 1;
const MAX_STEPS = 2 ** (31 - LANE_BITS);
/** Looks at a word before a thread sleeps: about as long as waking one takes. */
const SPINS = 20_000;
/** Of a worker beside native threads, which need the processor next. */
const FEW_SPINS = 200;

/**
 * What a worker runs: lanes of whatever step is on, and orders. It is a text so that it starts the
 * same from TypeScript, from tests and compiled, without a loader; it sleeps in Atomics.wait, so
 * programmes come through a port read by hand.
 */
const WORKER = `
const { workerData, receiveMessageOnPort } = require('node:worker_threads');
const { port, memory, signals, looks } = workerData;
let steps = [];
function load({ modules, steps: sent }) {
  const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports);
  const bind = ([module, name, values]) => () => instances[module][name](...values);
  steps = sent.map((lanes) => lanes.map((calls) => calls.map(bind)));
}
function attempt(work) {
  try {
    work();
  } catch {
    Atomics.store(signals, ${FAILED}, 1);
  }
  Atomics.add(signals, ${DONE}, 1);
  Atomics.notify(signals, ${DONE});
}
for (let order = 0, spins = 0; ; ) {
  const ticket = Atomics.load(signals, ${TICKET});
  if (ticket < 0 && ticket !== order) {
    order = ticket;
    const { message } = receiveMessageOnPort(port);
    if (message === null) break;
    attempt(() => load(message));
    continue;
  }
  const calls = ticket < 0 ? undefined : steps[ticket >> ${LANE_BITS}]?.[ticket & ${LANE_MASK}];
  if (calls === undefined) {
    if (spins++ > looks) Atomics.wait(signals, ${TICKET}, ticket);
  } else if (Atomics.compareExchange(signals, ${TICKET}, ticket, ticket + 1) === ticket) {
    attempt(() => { for (const call of calls) call(); });
    spins = 0;
  }
}
port.close();
`;

/** `threads` threads over one memory, this one included. */
export class Crew implements Runner<BoundLayer> {
  readonly #boundCall: (call: Call) => BoundCall;
  readonly #signals = new Int32Array(new SharedArrayBuffer(16));
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  #orders = 0;
  readonly #native: NativeCrew | null;

  constructor(
    readonly threads: number,
    readonly memory: SharedMemory,
    readonly builds: Builds,
  ) {
    const { native } = builds;
    this.#boundCall = callBinder(memory, builds.fused);
    this.#native = native && new NativeCrew(native, threads, native.addressOf(memory.buffer));
    // Until there is a programme there is nothing to take.
    Atomics.store(this.#signals, TICKET, LANE_MASK);
  }

  async start(): Promise<void> {
    const looks = this.#native ? FEW_SPINS : SPINS;
    for (let i = 1; i < this.threads; i++) {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(WORKER, {
        eval: true,
        execArgv: [],
        workerData: { port: port2, memory: this.memory, signals: this.#signals, looks },
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
  bind(layers: readonly (readonly Step[])[]): readonly BoundLayer[] {
    const native: (readonly (readonly Call[])[])[] = [];
    const own: (readonly (readonly WebAssemblyCall[])[])[] = [];
    const { buffer } = this.memory;
    const bound = layers.map((layer) =>
      layer.map((step): NativeStep | OwnStep => {
        // Of what is done on this thread the others know nothing but the step's number.
        if ('onMain' in step)
          return { number: own.push([]) - 1, lanes: [[() => step.onMain(buffer)]] };
        const lanes = lanesOf(step, this.threads);
        if (step.length > 0 && step.every(isNative)) return { native: native.push(lanes) - 1 };
        const calls = lanes.map((lane) => lane.map(webAssemblyCall));
        const run = calls.map((lane) => lane.map((call) => this.#boundCall(call)));
        return { number: own.push(calls) - 1, lanes: run };
      }),
    );
    if (native.length > 0) this.#nativeCrew().lay(native);
    if (this.#workers.length > 0) this.#order(this.#workerProgramme(own));
    return bound;
  }

  /** Runs layers one after the other. Returns how many seconds each took. */
  run(layers: readonly BoundLayer[]): readonly number[] {
    const seconds = layers.map(() => 0);
    const took = (layer: number, more: number) => {
      seconds[layer] = (seconds[layer] as number) + more;
    };
    // The layers of native steps that follow each other.
    let together: number[] = [];
    let first = 0;
    const flush = () => {
      if (together.length === 0) return;
      const start = first;
      const of = together;
      together = [];
      this.#nativeCrew().run(start, of.length, (step, more) =>
        took(of[step - start] as number, more),
      );
    };
    for (const [layer, steps] of layers.entries()) {
      for (const step of steps) {
        if ('native' in step) {
          if (step.native !== first + together.length) flush();
          if (together.length === 0) first = step.native;
          together.push(layer);
        } else {
          flush();
          const start = performance.now();
          this.#runOwn(step);
          took(layer, (performance.now() - start) / 1000);
        }
      }
    }
    flush();
    return seconds;
  }

  /** So that a run that follows at once meets native threads that are awake. */
  rouse(): void {
    this.#native?.rouse();
  }

  /** Nothing can run any more. */
  stop(): void {
    this.#native?.stop();
    if (this.#workers.length > 0) this.#send(null);
    for (const port of this.#ports) port.close();
    this.#workers.length = 0;
    this.#ports.length = 0;
  }

  #nativeCrew(): NativeCrew {
    invariant(this.#native !== null, 'native calls were planned without the native library');
    return this.#native;
  }

  #runOwn({ number, lanes }: OwnStep): void {
    if (lanes.length > 1 && this.#workers.length > 0) this.#together(number, lanes);
    else for (const calls of lanes) for (const call of calls) call();
  }

  #workerProgramme(steps: readonly (readonly (readonly WebAssemblyCall[])[])[]): WorkerProgramme {
    invariant(
      steps.length <= MAX_STEPS,
      () => `found ${steps.length} steps, expected at most ${MAX_STEPS}`,
    );
    const modules = [...new Set(steps.flat(2).map(({ module }) => module))];
    const sent = (call: WebAssemblyCall): WorkerCall => [
      modules.indexOf(call.module),
      call.function,
      call.arguments,
    ];
    return {
      modules: modules.map((module) => compileModule(module, this.builds.fused)),
      steps: steps.map((lanes) => lanes.map((calls) => calls.map(sent))),
    };
  }

  #send(message: WorkerProgramme | null): void {
    for (const port of this.#ports) port.postMessage(message);
    this.#open(-++this.#orders);
  }

  #order(message: WorkerProgramme): void {
    this.#send(message);
    this.#waitFor(this.#workers.length);
  }

  #open(ticket: number): void {
    const signals = this.#signals;
    Atomics.store(signals, DONE, 0);
    Atomics.store(signals, TICKET, ticket);
    Atomics.notify(signals, TICKET);
  }

  /**
   * Does a step's lanes with whichever workers are awake, and waits for those that workers have
   * taken.
   */
  #together(step: number, lanes: readonly (readonly BoundCall[])[]): void {
    const signals = this.#signals;
    const first = step << LANE_BITS;
    this.#open(first);
    let own = 0;
    for (let ticket = first; ticket - first < lanes.length; ) {
      const found = Atomics.compareExchange(signals, TICKET, ticket, ticket + 1);
      if (found === ticket) {
        for (const call of lanes[ticket - first] ?? []) call();
        own++;
        ticket++;
      } else {
        ticket = found;
      }
    }
    this.#waitFor(lanes.length - own);
  }

  /** Until workers have done `count` lanes or orders. */
  #waitFor(count: number): void {
    const signals = this.#signals;
    for (let spins = 0, done = -1; done !== count; spins++) {
      done = Atomics.load(signals, DONE);
      if (done !== count && spins > SPINS) Atomics.wait(signals, DONE, done);
    }
    invariant(Atomics.load(signals, FAILED) === 0, 'a call failed on a worker thread');
  }
}

/** What one thread is to do in turn; at most `lanes` of them, none without calls. */
function lanesOf(step: readonly Call[], lanes: number): readonly (readonly Call[])[] {
  return Array.from({ length: Math.min(lanes, step.length) }, (_, lane) => {
    return step.filter((_, at) => at % lanes === lane);
  });
}

function isNative({ module }: Call): boolean {
  return !('wasm' in module);
}

function webAssemblyCall(call: Call): WebAssemblyCall {
  const { module } = call;
  invariant('wasm' in module, 'a step of native calls and others');
  return { ...call, module };
}
