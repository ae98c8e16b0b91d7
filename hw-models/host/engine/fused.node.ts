// Fused multiply-add in WebAssembly as Node.js has it: version 20 has to be told to let modules use it.

import { setFlagsFromString } from 'node:v8';
import { runsFused } from './webassembly.js';

/** Whether modules built with fused multiply-add (relaxed SIMD) run in this process. */
export function hasFusedMultiplyAdd(): boolean {
  if (!runsFused()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return runsFused();
}
