// The optional package onnxruntime-node, imported only when a network really runs, and what is used
// of it.

import { InputError } from '../../workloads/base/errors.js';

/** A value of a session: `data` are its elements, row-major. */
export interface OrtTensor {
  readonly data: unknown;
}

/** A tensor that a session takes or gives: an extent that the file leaves open is a name. */
export interface OrtValue {
  readonly name: string;
  readonly shape?: readonly (number | string)[];
}

export interface OrtSession {
  readonly inputMetadata: readonly OrtValue[];
  readonly outputMetadata: readonly OrtValue[];
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
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  /** Of a file by its path or by its bytes. */
  readonly InferenceSession: {
    create(model: string | Uint8Array, options: OrtSessionOptions): Promise<OrtSession>;
  };
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
  return (
    typeof module === 'object' &&
    module !== null &&
    'InferenceSession' in module &&
    'Tensor' in module
  );
}

/** Options of a session on `threads` threads that logs errors only. */
export function sessionOptions(threads: number): OrtSessionOptions {
  return { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 };
}

/** @throws InputError, in one line, where the runtime cannot run the network. */
export async function openSession(
  ort: Ort,
  network: string,
  model: string | Uint8Array,
  options: OrtSessionOptions,
): Promise<OrtSession> {
  try {
    return await ort.InferenceSession.create(model, options);
  } catch (error) {
    throw new InputError(`${network}: ONNX Runtime cannot run it: ${lineOf(error)}`);
  }
}

/** What an error says, in one line. */
export function lineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
}

/** The elements of a session's output. */
export function floatsOf(tensor: OrtTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new TypeError('ONNX Runtime gave no 32-bit floats');
}
