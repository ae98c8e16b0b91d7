// Where native kernels are built with the address sanitizer (npm run test:sanitize), memory that a
// kernel was not given is poisoned: whoever reads or writes there ends the test with a report.

import { createRequire } from 'node:module';
import type { SharedMemory } from '../../../hw-models/host/engine/webassembly.js';
import { library } from './native-library.js';

type Mark = (address: bigint, bytes: number) => void;

/** Addresses that one memory reserves, of which only a part is there at first. */
const RESERVED_BYTES = 2 ** 30;

function runtime(): { readonly poison: Mark; readonly unpoison: Mark } | null {
  if (process.env.ZEROSKIP_SANITIZED === undefined || !library) return null;
  const koffi = createRequire(import.meta.url)(library.koffiPath) as typeof import('koffi');
  const own = koffi.load(library.path);
  const mark = (name: string) =>
    own.func(`void ${name}(uintptr_t address, uintptr_t bytes)`) as unknown as Mark;
  return {
    poison: mark('__asan_poison_memory_region'),
    unpoison: mark('__asan_unpoison_memory_region'),
  };
}

const sanitizer = runtime();

/** Forbids all of a memory; what is returned allows a part of it. Without a sanitizer: nothing. */
export function forbid(memory: SharedMemory): (address: number, bytes: number) => void {
  if (!sanitizer || !library) return () => {};
  const base = library.addressOf(memory.buffer);
  sanitizer.poison(base, RESERVED_BYTES);
  freed.register(memory, base);
  return (address, bytes) => sanitizer.unpoison(base + BigInt(address), bytes);
}

/** Whoever gets the same addresses next may use them. */
const freed = new FinalizationRegistry<bigint>((base) => sanitizer?.unpoison(base, RESERVED_BYTES));
