// The engine as an executor that skips zero weights, and in fully connected layers zero activations.

import type { Executor } from '../contract.js';
import { createEngine, type EngineOptions } from './engine/engine.js';
import { sparseKernels } from './engine/table.js';

export function createSparse(options: EngineOptions = {}): Executor {
  return createEngine('sparse', 'sparse', sparseKernels, options);
}
