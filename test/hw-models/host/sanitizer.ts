// Where native kernels are built with the address sanitizer (npm run test:sanitize), memory that a
// kernel was not given is poisoned: whoever reads or writes there ends the test with a report.

import { createRequire } from 'node:module';
import type { SharedMemory } from '../../../hw-models/host/engine/webassembly.js';
import { library } from './native-library.js';

type Mark = (address: bigint, bytes: number) => void;

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

/** Of a memory: what a kernel was given of it. */
export interface Guard {
  /** All that the memory has now is forbidden, but for what was allowed. */
  grown(): void;
  allow(address: number, bytes: number): void;
}

/**
 * Forbids all of a memory but for what is allowed afterwards; beyond its end no page is there.
 * Without a sanitizer: nothing.
 */
export function guard(memory: SharedMemory): Guard {
  if (!sanitizer || !library) return { grown() {}, allow() {} };
  const { poison, unpoison } = sanitizer;
  const base = library.addressOf(memory.buffer);
  const forbidden = { base, bytes: 0 };
  freed.register(memory, forbidden);
  const grown = () => {
    const bytes = memory.buffer.byteLength;
    poison(base + BigInt(forbidden.bytes), bytes - forbidden.bytes);
    forbidden.bytes = bytes;
  };
  grown();
  return { grown, allow: (address, bytes) => unpoison(base + BigInt(address), bytes) };
}

/** Whoever gets the same addresses next may use them. */
const freed = new FinalizationRegistry<{ readonly base: bigint; readonly bytes: number }>(
  ({ base, bytes }) => sanitizer?.unpoison(base, bytes),
);
