// Collects the reasons why a file cannot be read, and reports them in one line.

import { InputError } from '../../base/errors.js';
import type { Operation } from './operation.js';

interface Blocker {
  readonly reason: string;
  readonly at: string;
  count: number;
}

/** So many are told. */
const TOLD = 8;

export class Blockers {
  readonly #operators = new Map<string, Blocker>();
  readonly #inputs: string[] = [];

  add({ node, name }: Operation, reason: string): void {
    const operator =
      node.domain === '' || node.domain === 'ai.onnx'
        ? node.opType
        : `${node.domain}.${node.opType}`;
    const known = this.#operators.get(operator);
    if (known) known.count++;
    else this.#operators.set(operator.slice(0, 60), { reason, at: name, count: 1 });
  }

  addInput(name: string, type: string): void {
    this.#inputs.push(`input ${name} of ${type}`);
  }

  get isAny(): boolean {
    return this.#operators.size + this.#inputs.length > 0;
  }

  get text(): string {
    const operators = [...this.#operators].map(([operator, { reason, at, count }]) => {
      const where = count === 1 ? at : `${at} and ${count - 1} more`;
      return `${operator} (${where.slice(0, 80)}: ${reason})`;
    });
    const all = [...this.#inputs, ...operators];
    return (
      all.slice(0, TOLD).join(', ') + (all.length > TOLD ? ` and ${all.length - TOLD} more` : '')
    );
  }

  error(file: string, outputs: readonly string[]): InputError {
    if (!this.isAny) {
      return new InputError(
        `${file}: found no output that any node makes (${outputs.slice(0, 4).join(', ')}), expected one`,
      );
    }
    const way =
      'python -m onnxruntime.tools.symbolic_shape_infer writes them, or name them by --dim';
    return new InputError(
      `${file}: found ${this.text}, expected results of shapes that the file tells (${way})`,
    );
  }
}
