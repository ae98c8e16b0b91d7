// The library of native kernels, opened once in a process: its functions' addresses, and the
// threads that run calls of them over a shared memory.

import { createRequire } from 'node:module';
import type { Values } from '../../../workloads/tensor.js';
import { type BuildOptions, buildLibrary } from './build.node.js';

type Koffi = typeof import('koffi');

export interface NativeLibrary {
  readonly path: string;
  /** Tells builds apart. */
  readonly key: string;
  /** 'AVX-512', 'AVX2', 'NEON' or 'plain C'. */
  readonly instructions: string;
  /** Floats in a vector. */
  readonly vectorFloats: number;
  /** The file by which others load the same foreign function interface. */
  readonly koffiPath: string;
  /** The address of an exported function. @throws Error where there is none. */
  functionAt(name: string): bigint;
  /** The address of a shared buffer's first byte, which never moves. */
  addressOf(buffer: SharedArrayBuffer): bigint;
  /** Asks for large pages in a memory of up to `bytes` bytes, before it is filled. */
  useLargePages(buffer: SharedArrayBuffer, bytes: number): void;
  /**
   * Copies runs of `bytes` bytes each, from one to the next so many bytes apart; V8 copies to and
   * from shared memory word by word.
   */
  readonly copyIn: (
    to: bigint,
    toStep: number,
    from: Values,
    fromStep: number,
    ...of: Runs
  ) => void;
  readonly copyOut: (
    to: Values,
    toStep: number,
    from: bigint,
    fromStep: number,
    ...of: Runs
  ) => void;
  /** A crew of the caller and up to `workers` threads (engine/native/crew.ts); 0: no memory. */
  readonly startCrew: (workers: number) => bigint;
  /** Runs `count` steps from the one at `steps` on; when each was done is written at `ends`. */
  readonly runCrew: RunCrew;
  /** Wakes its threads, and waits for that, giving way up to `yields` times. */
  readonly rouseCrew: (crew: bigint, yields: number) => void;
  /** Ends its threads and frees it; a crew that runs when the process ends is stopped then. */
  readonly stopCrew: (crew: bigint) => void;
}

type Runs = readonly [runs: number, bytes: number];

export type RunCrew = (
  crew: bigint,
  memory: bigint,
  steps: bigint,
  count: number,
  ends: bigint,
) => void;

export interface OpenedNative {
  readonly library: NativeLibrary | null;
  /** Why there is none. */
  readonly reason: string | null;
}

let opened: Promise<OpenedNative> | null = null;

/** The library for this process, built at its first use ever. Never throws. */
export function openNative(): Promise<OpenedNative> {
  opened ??= loadLibrary().then(
    (library) => ({ library, reason: null }),
    (error: unknown) => ({
      library: null,
      reason: error instanceof Error ? error.message : String(error),
    }),
  );
  return opened;
}

/** Builds and loads. @throws Error, in words. */
export async function loadLibrary(options: BuildOptions = {}): Promise<NativeLibrary> {
  const { path, key } = await buildLibrary(options);
  const require = createRequire(import.meta.url);
  const koffiPath = require.resolve('koffi');
  const koffi = require(koffiPath) as Koffi;
  const handle = koffi.load(path);
  const instructions = handle.func('const char *zs_instructions(void)')() as string;
  const vectorFloats = handle.func('int32_t zs_vector_floats(void)')() as number;
  const steps = 'int64_t runs, int64_t bytes)';
  const copyIn = handle.func(
    `void zs_copy(uintptr_t to, int64_t toStep, const void *from, int64_t fromStep, ${steps}`,
  );
  const copyOut = handle.func(
    `void zs_copy(void *to, int64_t toStep, uintptr_t from, int64_t fromStep, ${steps}`,
  );
  const startCrew = handle.func('uintptr_t zs_crew_start(int32_t workers)');
  const runCrew = handle.func(
    'void zs_crew_run(uintptr_t crew, uintptr_t memory, uintptr_t steps, int64_t count, uintptr_t ends)',
  );
  const rouseCrew = handle.func('void zs_crew_rouse(uintptr_t crew, int32_t yields)');
  const stopCrew = handle.func('void zs_crew_stop(uintptr_t crew)');
  const crews = new Set<bigint>();
  // Before the library goes, on whose code their threads are.
  process.once('exit', () => {
    for (const crew of crews) stopCrew(crew);
  });
  const useLargePages = handle.func('void zs_use_large_pages(uintptr_t memory, uint64_t bytes)');
  const addressOf = (buffer: SharedArrayBuffer): bigint => koffi.address(new Uint8Array(buffer));
  const known = new Map<string, bigint>();
  return {
    ...{ path, key, instructions, vectorFloats, koffiPath },
    copyIn: copyIn as unknown as NativeLibrary['copyIn'],
    copyOut: copyOut as unknown as NativeLibrary['copyOut'],
    startCrew(workers) {
      const crew = BigInt(startCrew(workers));
      if (crew !== 0n) crews.add(crew);
      return crew;
    },
    runCrew: runCrew as unknown as RunCrew,
    rouseCrew: rouseCrew as unknown as NativeLibrary['rouseCrew'],
    stopCrew(crew) {
      if (crews.delete(crew)) stopCrew(crew);
    },
    functionAt(name) {
      let address = known.get(name);
      if (address === undefined) {
        address = koffi.address(handle.symbol(name, 'void'));
        known.set(name, address);
      }
      return address;
    },
    addressOf,
    useLargePages: (buffer, bytes) => void useLargePages(addressOf(buffer), bytes),
  };
}
