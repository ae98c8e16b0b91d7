// A layer's text with what was asked of it: a field that nobody asked for may change the results,
// and is an error.

import { InputError } from '../../base/errors.js';
import type { SourceFile } from '../source.js';
import type { Block, Field } from './text-proto.js';

type Fault = (found: string, expected: string) => InputError;

export function blocksOf(block: Block, field: string) {
  return (block.get(field) ?? []).flatMap((value) => (value.kind === 'block' ? [value] : []));
}

const scalarOf = (value: Field) => (value.kind === 'scalar' ? [value.text] : []);

export function scalarsOf(block: Block, field: string): readonly string[] {
  return (block.get(field) ?? []).flatMap(scalarOf);
}

/**
 * One kind of parameter block of a layer, such as convolution_param; empty where it is left out.
 */
export class Parameters {
  readonly #asked = new Set<string>();

  constructor(
    private readonly blocks: readonly Block[],
    private readonly kind: string,
    private readonly fault: Fault,
  ) {}

  has(field: string): boolean {
    this.#asked.add(field);
    return this.blocks.some((block) => block.has(field));
  }

  /** All values of a field. */
  words(field: string): readonly string[] {
    this.#asked.add(field);
    return this.blocks.flatMap((block) => scalarsOf(block, field));
  }

  numbers(field: string): readonly number[] {
    return this.words(field).map((text) => {
      const value = Number(text.replace(/(\d|\.)f$/, '$1'));
      if (text !== '' && Number.isFinite(value)) return value;
      throw this.fault(`${field} of '${text.slice(0, 20)}'`, 'a number');
    });
  }

  number(field: string, otherwise: number): number {
    return this.numbers(field).at(-1) ?? otherwise;
  }

  flag(field: string, otherwise: boolean): boolean {
    const text = this.words(field).at(-1) ?? String(otherwise);
    if (['true', 't', '1', 'True'].includes(text)) return true;
    if (['false', 'f', '0', 'False'].includes(text)) return false;
    throw this.fault(`${field} of '${text.slice(0, 20)}'`, 'true or false');
  }

  /** One of an enumeration's names, which may be told by its number; the first one unless told. */
  choice<Name extends string>(field: string, names: readonly Name[]): Name {
    const text = this.words(field).at(-1);
    if (text === undefined) return names[0] as Name;
    const found = names.find((name, at) => name === text || String(at) === text);
    if (found !== undefined) return found;
    throw this.fault(`${field} ${text.slice(0, 20)}`, names.join(', '));
  }

  /** Blocks within. */
  inner(field: string): readonly Block[] {
    this.#asked.add(field);
    return this.blocks.flatMap((block) => blocksOf(block, field).map(({ block: inner }) => inner));
  }

  /**
   * Fields that change no result here: how weights are drawn before training, which library runs a
   * layer.
   */
  ignore(...fields: readonly string[]): void {
    for (const field of fields) this.#asked.add(field);
  }

  /** @throws what the layer's fault makes for a field that nobody asked for. */
  finish(): void {
    this.ignore('weight_filler', 'bias_filler', 'filler', 'engine');
    const unknown = this.blocks
      .flatMap((block) => [...block.keys()])
      .filter((field) => !this.#asked.has(field));
    if (unknown.length === 0) return;
    const names = [...new Set(unknown)]
      .slice(0, 8)
      .map((field) => `${this.kind}.${field.slice(0, 40)}`);
    throw this.fault(
      `${names.join(', ')}, which may change its results`,
      [...this.#asked].join(', '),
    );
  }
}

export class LayerText {
  readonly line: number;
  readonly name: string;
  readonly type: string;
  readonly bottoms: readonly string[];
  readonly tops: readonly string[];
  readonly #parameters = new Map<string, Parameters>();

  constructor(
    readonly block: Block,
    line: number,
    private readonly file: Pick<SourceFile, 'name'>,
  ) {
    this.line = line;
    this.name = scalarsOf(block, 'name')[0] ?? '';
    this.type = currentType(scalarsOf(block, 'type')[0] ?? '');
    this.bottoms = scalarsOf(block, 'bottom');
    this.tops = scalarsOf(block, 'top');
  }

  fault(found: string, expected: string): InputError {
    return new InputError(
      `${this.file.name}:${this.line}: layer ${this.name}: found ${found}, expected ${expected}`,
    );
  }

  parameters(kind: string): Parameters {
    const known = this.#parameters.get(kind);
    if (known) return known;
    const blocks = blocksOf(this.block, kind).map(({ block }) => block);
    const parameters = new Parameters(blocks, kind, (found, expected) =>
      this.fault(found, expected),
    );
    this.#parameters.set(kind, parameters);
    return parameters;
  }

  /** @throws InputError for fields that nobody asked for. */
  finish(): void {
    const unknown = [...this.block.keys()].filter(
      (field) => !COMMON.has(field) && !this.#parameters.has(field),
    );
    if (unknown.length > 0) {
      const names = unknown.slice(0, 8).map((field) => field.slice(0, 40));
      throw this.fault(
        `${names.join(', ')}, which may change its results`,
        `what a layer of type ${this.type} has`,
      );
    }
    for (const parameters of this.#parameters.values()) parameters.finish();
  }
}

/** What every layer may have: its place in the network, and how it is trained. */
const COMMON = new Set([
  ...[
    'name',
    'type',
    'bottom',
    'top',
    'include',
    'exclude',
    'phase',
    'param',
    'blobs_lr',
    'weight_decay',
  ],
  ...['loss_weight', 'propagate_down', 'blobs', 'blob_share_mode', 'transform_param'],
]);

/** Types as the form before wrote them, where they differ by more than case and underscores. */
const oldTypes: Readonly<Record<string, string>> = {
  ...{
    ABSVAL: 'AbsVal',
    ARGMAX: 'ArgMax',
    BNLL: 'BNLL',
    INNER_PRODUCT: 'InnerProduct',
    LRN: 'LRN',
    MVN: 'MVN',
  },
  ...{
    HDF5_DATA: 'HDF5Data',
    PRELU: 'PReLU',
    RELU: 'ReLU',
    SOFTMAX_LOSS: 'SoftmaxWithLoss',
    TANH: 'TanH',
  },
  ...{ NONE: 'None', IM2COL: 'Im2col' },
};

function currentType(type: string): string {
  if (!/^[A-Z0-9_]+$/.test(type)) return type;
  const words = type.split('_').map((word) => word.slice(0, 1) + word.slice(1).toLowerCase());
  return oldTypes[type] ?? (/^(ELU|LRN|MVN|BNLL)$/.test(type) ? type : words.join(''));
}
