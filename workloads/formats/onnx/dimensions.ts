// The extents of an ONNX graph's inputs: fixed ones, open ones bound by name, and what the file
// itself says of them.

import { closest } from 'fastest-levenshtein';
import { InputError } from '../../base/errors.js';
import type { Shape } from '../../tensor.js';
import type { SourceFile } from '../source.js';
import type { OnnxDimension, OnnxGraph, OnnxValue } from './model.js';
import type { TensorMessage } from './schema.js';

export interface Dimensions {
  /** By input that has one. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Extents of named dimensions; more are learned on the way. */
  readonly bound: Map<string, number>;
  /** Dimensions that nobody bound and that were taken for the batch, as 1. */
  readonly assumed: readonly string[];
}

interface OpenAxis {
  readonly input: string;
  readonly axis: number;
  /** '' where it has no name. */
  readonly symbol: string;
}

export function dimensionsOf({ type }: OnnxValue): readonly OnnxDimension[] | null {
  return type?.tensorType?.shape?.dim ?? null;
}

const fixed = ({ dimValue }: OnnxDimension) =>
  dimValue !== undefined && dimValue >= 1 ? dimValue : null;

/**
 * The extent of a dimension; null where nothing says so. Exporters write sums: 'past + sequence',
 * 'sequence + 1'.
 */
export function extentOf(
  dimension: OnnxDimension,
  bound: ReadonlyMap<string, number>,
): number | null {
  if (dimension.dimValue !== undefined) return dimension.dimValue >= 0 ? dimension.dimValue : null;
  const symbol = dimension.dimParam ?? '';
  const known = bound.get(symbol);
  if (known !== undefined) return known;
  let sum = 0;
  const terms = symbol.split('+').map((term) => term.trim());
  if (terms.length < 2) return null;
  for (const term of terms) {
    const value = /^\d+$/.test(term) ? Number(term) : bound.get(term);
    if (value === undefined) return null;
    sum += value;
  }
  return sum;
}

/** Exporters name the batch so, wherever it stands. */
const isBatch = (symbol: string) => /batch|^(n|b|bs)$/i.test(symbol);
/** A first axis under such a name is no batch. */
const isLength = (symbol: string) =>
  /seq|len|time|token|step|frame|height|width|sample|point|box|channel|size(?!.*batch)/i.test(
    symbol,
  );

/**
 * @throws InputError, one line, for dimensions that nobody bound, or bindings that no dimension
 *   has.
 */
export function bindDimensions(
  graph: OnnxGraph,
  inputs: readonly OnnxValue[],
  file: SourceFile,
): Dimensions {
  const bound = new Map<string, number>();
  const given = checkedBindings(graph, inputs, file);
  for (const [name, extent] of given) bound.set(name, extent);
  const open: OpenAxis[] = inputs.flatMap((input) =>
    (dimensionsOf(input) ?? []).flatMap((dimension, axis) =>
      fixed(dimension) === null
        ? [{ input: input.name, axis, symbol: dimension.dimParam ?? '' }]
        : [],
    ),
  );
  const hints = hintsOf(graph);
  for (const { input, axis, symbol } of open) {
    const value = given.get(`${input}:${axis}`) ?? file.known?.get(input)?.shape[axis];
    if (value === undefined) continue;
    bound.set(`${input}:${axis}`, value);
    if (symbol !== '' && !bound.has(symbol)) bound.set(symbol, value);
  }
  const assumed: string[] = [];
  for (const place of open) {
    const { input, axis, symbol } = place;
    if (extentAt(place, bound) !== null) continue;
    const isDefault = isBatch(symbol) || (axis === 0 && !isLength(symbol));
    const hint = hints.get(`${input}:${axis}`);
    const value = hint ?? (isDefault ? 1 : null);
    if (value === null) continue;
    const name = symbol === '' ? `${input}:${axis}` : symbol;
    bound.set(name, value);
    if (hint === undefined) assumed.push(name);
  }
  requireBound(open, bound, file);
  const shapes = new Map<string, Shape>();
  for (const input of inputs) {
    const dimensions = dimensionsOf(input) ?? unnamedDimensions(input, given, file);
    if (!dimensions) continue;
    const shape = dimensions.map((dimension, axis) => {
      const place = { input: input.name, axis, symbol: dimension.dimParam ?? '' };
      return fixed(dimension) ?? (extentAt(place, bound) as number);
    });
    shapes.set(input.name, shape);
  }
  return { shapes, bound, assumed };
}

function extentAt(
  { input, axis, symbol }: OpenAxis,
  bound: ReadonlyMap<string, number>,
): number | null {
  const own = bound.get(`${input}:${axis}`);
  return own ?? (symbol === '' ? null : extentOf({ dimParam: symbol }, bound));
}

/** An input without any shape has the one that its axes are bound to. */
function unnamedDimensions(
  { name, type }: OnnxValue,
  given: ReadonlyMap<string, number>,
  file: SourceFile,
): readonly OnnxDimension[] | null {
  if (!type?.tensorType) return null;
  const known = file.known?.get(name)?.shape;
  if (known) return known.map((dimValue) => ({ dimValue }));
  const dimensions: OnnxDimension[] = [];
  for (let axis = 0; given.has(`${name}:${axis}`); axis++)
    dimensions.push({ dimValue: given.get(`${name}:${axis}`) as number });
  if (dimensions.length > 0) return dimensions;
  throw new InputError(
    `${file.name}: input ${name}: found no shape, expected --dim ${name}:0=N and so on, one an axis`,
  );
}

function requireBound(
  open: readonly OpenAxis[],
  bound: ReadonlyMap<string, number>,
  file: SourceFile,
): void {
  const missing = new Map<string, Set<string>>();
  for (const place of open) {
    if (extentAt(place, bound) !== null) continue;
    const names =
      place.symbol === '' ? [`${place.input}:${place.axis}`] : unboundTerms(place.symbol, bound);
    for (const name of names) missing.set(name, (missing.get(name) ?? new Set()).add(place.input));
  }
  if (missing.size === 0) return;
  const named = [...missing].map(
    ([name, inputs]) => `${name} (${[...inputs].slice(0, 3).join(', ')})`,
  );
  const flags = [...missing.keys()].map((name) => `--dim ${name}=N`);
  throw new InputError(
    `${file.name}: found open dimension${missing.size > 1 ? 's' : ''} ${named.join(', ')}, expected ${flags.join(' ')}`,
  );
}

function unboundTerms(symbol: string, bound: ReadonlyMap<string, number>): readonly string[] {
  const terms = symbol.split('+').map((term) => term.trim());
  return terms.length === 1
    ? [symbol]
    : terms.filter((term) => !/^\d+$/.test(term) && !bound.has(term));
}

/** @throws InputError for a binding of a dimension that is not there, or to no extent. */
function checkedBindings(
  graph: OnnxGraph,
  inputs: readonly OnnxValue[],
  file: SourceFile,
): ReadonlyMap<string, number> {
  const given = file.dims ?? new Map<string, number>();
  const known = new Set<string>();
  for (const value of [...inputs, ...graph.output, ...graph.valueInfo]) {
    for (const { dimParam } of dimensionsOf(value) ?? []) {
      for (const term of (dimParam ?? '').split('+'))
        if (/\D/.test(term.trim())) known.add(term.trim());
      if (dimParam) known.add(dimParam);
    }
  }
  for (const input of inputs) {
    const dimensions = dimensionsOf(input);
    // Of an input without a shape, any axis may be bound.
    for (let axis = 0; axis < (dimensions?.length ?? 16); axis++) {
      if (!dimensions || fixed(dimensions[axis] as OnnxDimension) === null)
        known.add(`${input.name}:${axis}`);
    }
  }
  // Asked for, so that whoever opens the file can tell which there are.
  for (const name of known) given.has(name);
  for (const [name, extent] of given) {
    if (!known.has(name)) {
      const nearest =
        known.size > 0 ? `, perhaps ${closest(name, [...known])}` : ': the file has none';
      throw new InputError(
        `${file.name}: --dim ${name}: found no open dimension of that name${nearest}`,
      );
    }
    if (!(Number.isSafeInteger(extent) && extent >= 1)) {
      throw new InputError(
        `${file.name}: --dim ${name}: found ${extent}, expected a whole number of at least 1`,
      );
    }
  }
  return given;
}

/**
 * What the file says elsewhere of the axes of its inputs: other notes on them, and the weights that
 * they meet.
 */
function hintsOf({ node, initializer, valueInfo }: OnnxGraph): ReadonlyMap<string, number> {
  const hints = new Map<string, number>();
  for (const value of valueInfo) {
    for (const [axis, dimension] of (dimensionsOf(value) ?? []).entries()) {
      const extent = fixed(dimension);
      if (extent !== null) hints.set(`${value.name}:${axis}`, extent);
    }
  }
  const weights = new Map<string, TensorMessage>(
    initializer.map((tensor) => [tensor.name, tensor]),
  );
  for (const { opType, domain, input, attribute } of node) {
    const [data = '', second = ''] = input;
    const dims = weights.get(second)?.dims;
    if (!dims || domain !== '' || (opType !== 'Conv' && opType !== 'Gemm')) continue;
    const named = (name: string, otherwise: number) =>
      attribute.find((each) => each.name === name)?.i ?? otherwise;
    if (opType === 'Conv') hints.set(`${data}:1`, (dims[1] ?? 0) * named('group', 1));
    else if (named('transA', 0) === 0) hints.set(`${data}:1`, dims[named('transB', 0)] ?? 0);
  }
  return hints;
}
