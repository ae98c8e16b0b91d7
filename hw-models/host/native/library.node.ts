// The library of native kernels, opened once in a process: its functions' addresses, and how lists
// of calls of them are run over a shared memory.

import { createRequire } from 'node:module';
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
  /** The file by which a worker loads the same foreign function interface. */
  readonly koffiPath: string;
  /** The address of an exported function. @throws Error where there is none. */
  functionAt(name: string): bigint;
  /** The address of a shared buffer's first byte, which never moves. */
  addressOf(buffer: SharedArrayBuffer): bigint;
  /** Asks for large pages in a memory of up to `bytes` bytes, before it is filled. */
  useLargePages(buffer: SharedArrayBuffer, bytes: number): void;
  /** Runs `count` calls that lie at `calls` (engine/native/lists.ts). */
  readonly run: RunCalls;
}

export type RunCalls = (memory: bigint, calls: bigint, count: number) => void;

/** How `zs_run` is declared, here and in workers. */
export const RUN_SIGNATURE = 'void zs_run(uintptr_t memory, uintptr_t calls, int64_t count)';

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
  const run = handle.func(RUN_SIGNATURE) as unknown as RunCalls;
  const useLargePages = handle.func('void zs_use_large_pages(uintptr_t memory, uint64_t bytes)');
  const addressOf = (buffer: SharedArrayBuffer): bigint => koffi.address(new Uint8Array(buffer));
  const known = new Map<string, bigint>();
  return {
    ...{ path, key, instructions, vectorFloats, koffiPath, run },
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
