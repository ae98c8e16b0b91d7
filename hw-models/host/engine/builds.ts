// The builds of the engine's kernels by name.

export const engineBuilds = ['native', 'wasm'] as const;

/** Kernels compiled by the system's compiler where a layer has one, or WebAssembly alone. */
export type EngineBuild = (typeof engineBuilds)[number];

/** Of a request or of options, which build they ask for, if any. */
export function buildOf({ engine }: { readonly engine?: EngineBuild | undefined }): {
  readonly engine?: EngineBuild;
} {
  return engine ? { engine } : {};
}
