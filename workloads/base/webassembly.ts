// The parts of the WebAssembly interface that are used here. TypeScript's library declares them for
// browsers only.

export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Engine<Kernels> {
  readonly Memory: new (size: { initial: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Kernels };
}

const PAGE = 65_536;

/** A module of scripts/build-wasm.mjs with a memory of its own. */
export function loadKernels<Kernels>(base64: string): {
  readonly memory: KernelMemory;
  readonly kernels: Kernels;
} {
  const { WebAssembly: engine } = globalThis as unknown as {
    readonly WebAssembly: Engine<Kernels>;
  };
  const memory = new engine.Memory({ initial: 1 });
  const module = new engine.Module(
    Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
  );
  return { memory, kernels: new engine.Instance(module, { env: { memory } }).exports };
}

/** Makes at least `bytes` usable. Growing detaches every view of the memory. */
export function reserve(memory: KernelMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
