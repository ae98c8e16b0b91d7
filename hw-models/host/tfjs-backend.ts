// Finds the fastest TensorFlow.js backend that works here: the native one (libtensorflow, an
// optional dependency), WebAssembly (XNNPACK with SIMD), plain JavaScript. Everything is imported
// only when a network really runs.

import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import nodeUtil from 'node:util';
import { InputError } from '../../workloads/base/errors.js';

export type Tf = typeof import('@tensorflow/tfjs-core');
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

export interface Backend {
  readonly tf: Tf;
  readonly name: BackendName;
  readonly threads: number;
}

/**
 * What must be imported before a backend can be chosen, and how many threads it then computes on.
 */
const preparations: Readonly<Record<BackendName, () => Promise<number>>> = {
  async tensorflow() {
    // tfjs-node 4.22 calls two functions of node:util that Node.js 23 dropped.
    for (const [name, implementation] of Object.entries(droppedUtilities)) {
      if (!(name in nodeUtil)) Object.assign(nodeUtil, { [name]: implementation });
    }
    // libtensorflow greets on stderr unless told not to.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    // Typed as a string so that type checking does not need the optional package.
    const optional: string = '@tensorflow/tfjs-node';
    await import(optional);
    return availableParallelism();
  },
  async wasm() {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${dirname(main)}/`);
    return 1;
  },
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
    return 1;
  },
};

const droppedUtilities = {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
};

export const BACKENDS: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];

/**
 * The first of `candidates` that imports, starts and multiplies two matrices rightly. @throws
 * InputError if none does.
 */
export async function openBackend(candidates: readonly BackendName[]): Promise<Backend> {
  const tf = await import('@tensorflow/tfjs-core');
  // Also silences the banner that the cpu backend prints under Node.js, and leaves out a check for
  // NaN per operation.
  tf.enableProdMode();
  const failures: string[] = [];
  for (const name of candidates) {
    try {
      const threads = await preparations[name]();
      if (!(await tf.setBackend(name))) throw new Error('does not start');
      if (!multiplies(tf)) throw new Error('multiplies wrongly');
      return { tf, name, threads };
    } catch (error) {
      // A missing, half-installed or broken backend fails in many ways; the next one takes over.
      failures.push(`${name}: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`);
    }
  }
  throw new InputError(
    `found no working TensorFlow.js backend (${failures.join('; ')}), expected one`,
  );
}

/** [1 2; 3 4] · [5; 6] = [17; 39]. */
function multiplies(tf: Tf): boolean {
  const product = tf.tidy(() =>
    tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6], [2, 1])),
  );
  const [first, second] = product.dataSync();
  product.dispose();
  return first === 17 && second === 39;
}
