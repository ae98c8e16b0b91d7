// The parts of the WebAssembly interface that the engine uses. TypeScript's library declares them
// for browsers only.

import { invariant } from '../../../workloads/base/errors.js';
import type { Call, KernelModule } from './kernel.js';

export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

export type Exports = Readonly<
  Record<string, (...numbers: readonly number[]) => number | undefined>
>;

interface WebAssemblyInterface {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

const { WebAssembly: webAssembly } = globalThis as unknown as {
  readonly WebAssembly: WebAssemblyInterface;
};

export const PAGE = 65_536;
/**
 * 4 GiB, of which only what is touched is ever there. As scripts/build-wasm.mjs tells the modules.
 */
const MAX_PAGES = 65_536;

export function createMemory(pages: number): SharedMemory {
  return new webAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
}

/**
 * (func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd …)): valid where the
 * host's processor has it.
 */
const FUSED = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 0x0b],
);

/** Whether modules built with fused multiply-add (relaxed SIMD) run here. */
export function runsFused(): boolean {
  return webAssembly.validate(FUSED);
}

const compiled = new Map<string, object>();

/** Compiles a module, once in this process for each of its two builds. */
export function compileModule({ name, wasm, relaxed }: KernelModule, fused: boolean): object {
  const key = `${name} ${fused}`;
  let module = compiled.get(key);
  if (!module) {
    module = new webAssembly.Module(bytesOf(fused ? relaxed : wasm));
    compiled.set(key, module);
  }
  return module;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export function instantiate(module: object, memory: SharedMemory): Exports {
  return new webAssembly.Instance(module, { env: { memory } }).exports;
}

/** Makes calls of modules' functions over `memory`, each with its numbers. */
export function callBinder(memory: SharedMemory, fused: boolean): (call: Call) => () => void {
  const instances = new Map<object, Exports>();
  return ({ module, function: name, arguments: values }) => {
    invariant('wasm' in module, 'a step of native calls and others');
    const compiled = compileModule(module, fused);
    const exports = instances.get(compiled) ?? instantiate(compiled, memory);
    instances.set(compiled, exports);
    const run = exports[name];
    invariant(run !== undefined, () => `${module.name} has no function ${name}`);
    // WebAssembly takes missing arguments for zeros.
    invariant(
      run.length === values.length,
      () => `${name} was given ${values.length} of ${run.length} numbers`,
    );
    return () => void run(...values);
  };
}
