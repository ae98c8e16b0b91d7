// The loops of asm/probe.ts over memory that was really touched: a fresh WebAssembly memory reads
// as zeros that no memory chip ever held, and fakes bandwidth. The memory is shared, so that other
// threads can read parts of it.

import { invariant } from '../../workloads/base/errors.js';
import { createRandom } from '../../workloads/base/random.js';
import { hasFusedMultiplyAdd } from './engine/fused.node.js';
import { relaxed, wasm } from './probe.wasm.js';

/**
 * What this file uses of the WebAssembly interface; the compiler's library knows it for browsers
 * only.
 */
interface Engine {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => ProbeMemory;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Loops };
  readonly Module: new (bytes: Uint8Array) => object;
}

export interface ProbeMemory {
  readonly buffer: SharedArrayBuffer;
}

/** The exports of asm/probe.ts; all addresses and sizes are in bytes. */
export interface Loops {
  read(from: number, bytes: number, passes: number): number;
  multiplyAdds(passes: number): number;
  chain(passes: number, x: number, y: number): number;
  chase(from: number, steps: number): number;
  gather(...where: Irregular): number;
  scatter(...where: Irregular): void;
}

type Irregular = [
  weights: number,
  offsets: number,
  count: number,
  vector: number,
  mask: number,
  stride: number,
  passes: number,
];

/** Work done by one pass of each loop. */
export const MULTIPLY_ADDS_PER_PASS = 48;
export const CYCLES_PER_PASS = 16;
export const ACCESSES_PER_PASS = 1024;

const PAGE = 65_536;
/** As the modules are built (scripts/build-wasm.mjs). */
const MIN_PAGES = 16;
const MAXIMUM_PAGES = 65_536;
const WORD = 4;
const LINE = 64;
/**
 * Where the weights, the offsets and the vector begin. The first bytes are left alone: address 0
 * ends a chase.
 */
const WEIGHTS = 1024;
const OFFSETS = WEIGHTS + WORD * ACCESSES_PER_PASS;
const VECTOR = 2 * PAGE;

export interface Probe {
  readonly memory: ProbeMemory;
  /** Where the bytes begin that `read` and the others work on. */
  readonly base: number;
  /**
   * Reads `bytes` (a multiple of 128) in their order, `passes` times, from `from` bytes after the
   * base on.
   */
  read(from: number, bytes: number, passes: number): void;
  /** Independent multiplications and additions, fused where `kind` says so. */
  multiplyAdds(kind: 'plain' | 'fused', passes: number): void;
  /** Dependent operations of one cycle each. */
  chain(passes: number): void;
  /**
   * Threads every cache line of the first `bytes` (a power of two) into one ring, in random order,
   * for `chase`.
   */
  thread(bytes: number): void;
  /** Follows the ring for `steps` reads, each of which waits for the one before. */
  chase(steps: number): void;
  /** Spreads accesses over the first `bytes` (a power of two), for `gather` and `scatter`. */
  spread(bytes: number): void;
  gather(passes: number): void;
  scatter(passes: number): void;
  /** Whether this engine has fused multiply-add. */
  readonly hasFused: boolean;
}

const webAssembly = () => (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;
const decode = (base64: string) =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** The loops as bytes, for another thread. */
export const probeBytes = (): Uint8Array => decode(wasm);

/** Loops over `bytes` of touched memory. @throws RangeError where there is not so much of it. */
export function openProbe(bytes: number): Probe {
  const engine = webAssembly();
  const pages = Math.max(MIN_PAGES, Math.ceil((VECTOR + bytes) / PAGE));
  const memory = new engine.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
  const instantiate = (code: Uint8Array) =>
    new engine.Instance(new engine.Module(code), { env: { memory } }).exports;
  const loops = instantiate(decode(wasm));
  const fused = hasFusedMultiplyAdd() ? instantiate(decode(relaxed)) : null;
  const random = createRandom(0, 'probe');
  new Uint32Array(memory.buffer, VECTOR).fill(1);
  new Float32Array(memory.buffer, WEIGHTS, ACCESSES_PER_PASS).fill(1);
  let ring = VECTOR;
  let mask = 0;
  // An odd number of cache lines and then some, so that passes meet other lines and other pages.
  const stride = 4099 * LINE;
  const where = (passes: number): Irregular => [
    WEIGHTS,
    OFFSETS,
    ACCESSES_PER_PASS,
    VECTOR,
    mask,
    stride,
    passes,
  ];
  return {
    memory,
    base: VECTOR,
    read: (from, size, passes) => void loops.read(VECTOR + from, size, passes),
    multiplyAdds(kind, passes) {
      const chosen = kind === 'fused' ? fused : loops;
      invariant(chosen !== null, 'this engine has no fused multiply-add');
      chosen.multiplyAdds(passes);
    },
    chain: (passes) => void loops.chain(passes, 1, 2),
    thread(size) {
      const lines = size / LINE;
      const order = Uint32Array.from({ length: lines }, (_, line) => line);
      for (let last = lines - 1; last > 0; last--) {
        const other = random.below(last + 1);
        const line = order[last] as number;
        order[last] = order[other] as number;
        order[other] = line;
      }
      const words = new Uint32Array(memory.buffer, VECTOR, size / WORD);
      for (let at = 0; at < lines; at++) {
        const next = order[at + 1 < lines ? at + 1 : 0] as number;
        words[((order[at] as number) * LINE) / WORD] = VECTOR + next * LINE;
      }
      ring = VECTOR + (order[0] as number) * LINE;
    },
    chase(steps) {
      ring = loops.chase(ring, steps);
    },
    spread(size) {
      mask = size - WORD;
      new Float32Array(memory.buffer, VECTOR, size / WORD).fill(1);
      const offsets = new Uint32Array(memory.buffer, OFFSETS, ACCESSES_PER_PASS);
      for (let at = 0; at < ACCESSES_PER_PASS; at++) offsets[at] = WORD * random.below(size / WORD);
    },
    gather: (passes) => void loops.gather(...where(passes)),
    scatter: (passes) => void loops.scatter(...where(passes)),
    hasFused: fused !== null,
  };
}
