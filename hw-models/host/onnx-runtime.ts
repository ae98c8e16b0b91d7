// The optional package onnxruntime-node, imported only when a network really runs, and what is used of it.

import { InputError } from '../../workloads/base/errors.js';

/** A value of a session: `data` are its elements, row-major. */
export interface OrtTensor {
  readonly data: unknown;
}

export interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  /** Writes the profile, where profiling is on. */
  endProfiling(): void;
  release(): Promise<void>;
}

export interface OrtSessionOptions {
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
  readonly logSeverityLevel: 3;
  readonly enableProfiling?: boolean;
  /** The profile is written to this path with the date and `.json` after it. */
  readonly profileFilePrefix?: string;
}

/** The exports of onnxruntime-node that are used here. */
export interface Ort {
  readonly env: { readonly versions: { readonly node?: string } };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtSession> };
}

const PACKAGE = 'onnxruntime-node';
const VERSION = '1.30.0';
export const INSTALL = `npm install --no-save ${PACKAGE}@${VERSION}`;

/** @throws InputError with the command that installs the package, where it is missing or broken. */
export async function importOrt(name: string = PACKAGE): Promise<Ort> {
  try {
    // Named through a variable so that type checking does not need the optional package.
    const module: unknown = await import(name);
    if (isOrt(module)) return module;
  } catch {
    // Missing, half installed, or a library of another platform: the remedy is the same.
  }
  throw new InputError(`host:onnxruntime needs ${PACKAGE}: ${INSTALL}`);
}

function isOrt(module: unknown): module is Ort {
  return typeof module === 'object' && module !== null && 'InferenceSession' in module && 'Tensor' in module;
}

/** Options of a session on `threads` threads that logs errors only. */
export function sessionOptions(threads: number): OrtSessionOptions {
  return { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 };
}

/** The elements of a session's output. */
export function floatsOf(tensor: OrtTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new TypeError('ONNX Runtime gave no 32-bit floats');
}
