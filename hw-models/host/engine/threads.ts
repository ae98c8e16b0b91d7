// Runs programmes: on this thread, or on this one and on workers that share its memory. A run
// blocks this thread, as every computation does; workers sleep between runs, never keep the process
// alive, and end on `stop`.

import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { invariant } from '../../../workloads/base/errors.js';
import { type NativeLibrary, RUN_SIGNATURE } from '../native/library.node.js';
import type { Call, KernelModule, Step } from './kernel.js';
import { type NativeList, NativeLists } from './native/lists.js';
import { compileModule, type Exports, instantiate, type SharedMemory } from './webassembly.js';

type BoundCall = () => void;

interface BoundStep {
  /** Through all layers: how threads know it. */
  readonly number: number;
  /**
   * Calls to be run in their order on one thread: whichever takes them, so that one held up holds
   * up no other.
   */
  readonly lanes: readonly (readonly BoundCall[])[];
}

/** For each layer, or whatever else is run by itself, the steps that make it. */
export type BoundProgramme = readonly (readonly BoundStep[])[];

/** A call of a WebAssembly function, or native calls that follow each other in a lane. */
type Piece = (Call & { readonly module: KernelModule }) | NativeList;

/**
 * What a worker is sent: for each step its lanes' calls as a module's number, a function and its
 * arguments, or a list of native ones.
 */
interface WorkerProgramme {
  readonly modules: readonly object[];
  readonly steps: readonly (readonly (readonly WorkerCall[])[])[];
}

type WorkerCall =
  | readonly [module: number, name: string, values: readonly number[]]
  | readonly [address: bigint, count: number];

/** The builds that a crew runs. */
export interface Builds {
  /** Which of a WebAssembly module's. */
  readonly fused: boolean;
  readonly native: NativeLibrary | null;
}

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

/**
 * What a worker runs: lanes of whatever step is on, and orders. It is a text so that it starts the
 * same from TypeScript, from tests and compiled, without a loader; it sleeps in Atomics.wait, so
 * programmes come through a port read by hand.
 */
const WORKER = `
const { workerData, receiveMessageOnPort } = require('node:worker_threads');
const { port, memory, signals, native } = workerData;
const runNative = native && require(native.koffiPath).load(native.path).func('${RUN_SIGNATURE}');
let steps = [];
function load({ modules, steps: sent }) {
  const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports);
  const bind = ([first, second, values]) =>
    values
      ? () => instances[first][second](...values)
      : () => runNative(native.base, first, second);
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
    if (spins++ > ${SPINS}) Atomics.wait(signals, ${TICKET}, ticket);
  } else if (Atomics.compareExchange(signals, ${TICKET}, ticket, ticket + 1) === ticket) {
    attempt(() => { for (const call of calls) call(); });
    spins = 0;
  }
}
port.close();
`;

/** `threads` threads over one memory, this one included. */
export class Crew {
  readonly #instances = new Map<object, Exports>();
  readonly #signals = new Int32Array(new SharedArrayBuffer(16));
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  #orders = 0;
  readonly #base: bigint;

  constructor(
    readonly threads: number,
    readonly memory: SharedMemory,
    readonly builds: Builds,
  ) {
    this.#base = builds.native?.addressOf(memory.buffer) ?? 0n;
    // Until there is a programme there is nothing to take.
    Atomics.store(this.#signals, TICKET, LANE_MASK);
  }

  async start(): Promise<void> {
    const { native: library } = this.builds;
    const native = library && {
      path: library.path,
      koffiPath: library.koffiPath,
      base: this.#base,
    };
    for (let i = 1; i < this.threads; i++) {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(WORKER, {
        eval: true,
        execArgv: [],
        workerData: { port: port2, memory: this.memory, signals: this.#signals, native },
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
    const native = layers
      .flat(1)
      .flatMap((step) => ('onMain' in step ? [] : step.filter(isNative)));
    const lists = native.length > 0 ? new NativeLists(this.#library(), native) : null;
    // Of what is done on this thread the others know nothing but the step's number.
    const steps = layers.flatMap((layer) =>
      layer.map((step) =>
        lanesOf('onMain' in step ? [] : step, this.threads).map((lane) => piecesOf(lane, lists)),
      ),
    );
    if (this.#workers.length > 0) this.#order(this.#workerProgramme(steps));
    let number = 0;
    return layers.map((layer) =>
      layer.map((step) => {
        const lanes = (steps[number] ?? []).map((pieces) =>
          pieces.map((piece) => this.#boundPiece(piece)),
        );
        const { buffer } = this.memory;
        return {
          number: number++,
          lanes: 'onMain' in step ? [[() => step.onMain(buffer)]] : lanes,
        };
      }),
    );
  }

  run(steps: readonly BoundStep[]): void {
    for (const { number, lanes } of steps) {
      if (lanes.length > 1 && this.#workers.length > 0) this.#together(number, lanes);
      else for (const calls of lanes) for (const call of calls) call();
    }
  }

  stop(): void {
    if (this.#workers.length > 0) this.#send(null);
    for (const port of this.#ports) port.close();
    this.#workers.length = 0;
    this.#ports.length = 0;
  }

  #library(): NativeLibrary {
    const { native } = this.builds;
    invariant(native !== null, 'native calls were planned without the native library');
    return native;
  }

  #workerProgramme(steps: readonly (readonly (readonly Piece[])[])[]): WorkerProgramme {
    invariant(
      steps.length <= MAX_STEPS,
      () => `found ${steps.length} steps, expected at most ${MAX_STEPS}`,
    );
    const modules = [
      ...new Set(steps.flat(2).flatMap((piece) => ('module' in piece ? [piece.module] : []))),
    ];
    const sent = (piece: Piece): WorkerCall =>
      'module' in piece
        ? [modules.indexOf(piece.module), piece.function, piece.arguments]
        : [piece.address, piece.count];
    return {
      modules: modules.map((module) => compileModule(module, this.builds.fused)),
      steps: steps.map((lanes) => lanes.map((pieces) => pieces.map(sent))),
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

  #boundPiece(piece: Piece): BoundCall {
    if ('module' in piece) return this.#boundCall(piece);
    const { run } = this.#library();
    return () => run(this.#base, piece.address, piece.count);
  }

  #boundCall(call: Call & { readonly module: KernelModule }): BoundCall {
    const compiled = compileModule(call.module, this.builds.fused);
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

/** What one thread is to do in turn; at most `lanes` of them, none without calls. */
function lanesOf(step: readonly Call[], lanes: number): readonly (readonly Call[])[] {
  return Array.from({ length: Math.min(lanes, step.length) }, (_, lane) => {
    return step.filter((_, at) => at % lanes === lane);
  });
}

function isNative({ module }: Call): boolean {
  return !('wasm' in module);
}

/** A lane's calls, native ones that follow each other as one list. */
function piecesOf(lane: readonly Call[], lists: NativeLists | null): readonly Piece[] {
  const pieces: Piece[] = [];
  let together: Call[] = [];
  const close = () => {
    if (together.length > 0 && lists) pieces.push(lists.add(together));
    together = [];
  };
  for (const call of lane) {
    const { module } = call;
    if ('wasm' in module) {
      close();
      pieces.push({ ...call, module });
    } else {
      together.push(call);
    }
  }
  close();
  return pieces;
}
