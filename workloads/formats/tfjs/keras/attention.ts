// Keras's products over any axes (EinsumDense), and the attention that is made of them.

import { shapeText, sizeOf } from '../../../tensor.js';
import { binary } from '../emit/elements.js';
import { dense } from '../emit/products.js';
import { step } from '../emit/use.js';
import type { Handle } from '../tensors.js';
import { activated } from './activations.js';
import { flagOf, type KerasRow, type KerasUse, numberOf, one, textOf } from './use.js';

/** Letters of an equation, those of axes that '...' stands for among them. */
interface Equation {
  readonly input: string;
  readonly kernel: string;
  readonly result: string;
}

function equationOf(use: KerasUse, rank: number): Equation {
  const written = textOf(use, 'equation', '').replace(/\s/g, '');
  const [, input = '', kernel = '', result = ''] =
    /^([a-zA-Z.]+),([a-zA-Z]+)->([a-zA-Z.]+)$/.exec(written) ?? [];
  const named = input.replace('...', '').length;
  const free = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((letter) => !written.includes(letter));
  const elided = free.slice(0, Math.max(0, rank - named)).join('');
  const found = {
    input: input.replace('...', elided),
    kernel,
    result: result.replace('...', elided),
  };
  const isSound =
    found.input.length === rank &&
    [...found.result].every((letter) => found.input.includes(letter) || kernel.includes(letter)) &&
    Object.values(found).every((letters) => new Set(letters).size === letters.length);
  if (!isSound) throw use.fault(`equation ${written.slice(0, 40)}`, `one of ${rank} axes`);
  return found;
}

/** Extents of the result without the batch, as the layer says them, by the result's letters. */
function resultExtents(use: KerasUse, { input, result }: Equation, shape: readonly number[]) {
  const written: unknown = use.config.output_shape;
  const told = (Array.isArray(written) ? written : [written]).map((each) =>
    typeof each === 'number' ? each : null,
  );
  // What '...' stands for is not told.
  const first = result.length - told.length;
  const extents = new Map<string, number>();
  for (const [at, letter] of [...result].entries()) {
    const known = input.indexOf(letter);
    const extent = known >= 0 ? (shape[known] as number) : told[at - first];
    if (typeof extent !== 'number' || extent < 1)
      throw use.fault(
        'an output_shape that is open',
        'the extents of the axes that the weights make',
      );
    extents.set(letter, extent);
  }
  return extents;
}

function biasOf(use: KerasUse, { result }: Equation, extents: ReadonlyMap<string, number>) {
  const axes = textOf(use, 'bias_axes', '');
  if (axes === '') return null;
  const first = Math.min(...[...axes].map((letter) => result.indexOf(letter)));
  if (first < 0) throw use.fault(`bias_axes ${axes.slice(0, 20)}`, `letters of ${result}`);
  const shape = [...result.slice(first)].map((letter) =>
    axes.includes(letter) ? (extents.get(letter) as number) : 1,
  );
  return use.weight('bias', shape);
}

/** A fully connected layer where the equation is one; any other as it is. */
const einsumDense: KerasRow = (use) => {
  const value = one(use);
  const equation = equationOf(use, value.shape.length);
  const { input, kernel, result } = equation;
  const extents = resultExtents(use, equation, value.shape);
  const extentOf = (letter: string) =>
    extents.get(letter) ?? (value.shape[input.indexOf(letter)] as number);
  if ([...kernel].some((letter) => !input.includes(letter) && !result.includes(letter)))
    throw use.fault(`equation ${input},${kernel}->${result}`, 'axes of the input or the result');
  const stored = use.weight('kernel', [...kernel].map(extentOf));
  const bias = biasOf(use, equation, extents);
  const summed = [...input].filter((letter) => !result.includes(letter)).join('');
  const made = [...result].filter((letter) => !input.includes(letter)).join('');
  const outer = input.slice(0, input.length - summed.length);
  const isFullyConnected =
    summed !== '' && made !== '' && input === outer + summed && result === outer + made;
  const product =
    isFullyConnected && kernel === summed + made
      ? fullyConnected(use, value, stored, summed.length)
      : einsum(use, value, stored, equation);
  return activated(use, bias ? binary(step(use, 'bias'), 'add', product, bias) : product);
};

/** The last `axes` axes of the value and the first ones of the kernel are summed over. */
function fullyConnected(use: KerasUse, value: Handle, kernel: Handle, axes: number): Handle {
  const { tensors, name } = use;
  const outer = value.shape.slice(0, -axes);
  const [depth, made] = [sizeOf(kernel.shape.slice(0, axes)), kernel.shape.slice(axes)];
  const flat = tensors.reshape(value, [...outer, depth], `${name}/flat`);
  const matrix = tensors.reshape(kernel, [depth, sizeOf(made)], `${name}/matrix`);
  const product = dense(use, flat, matrix, null);
  return tensors.reshape(product, [...outer, ...made], name);
}

function einsum(use: KerasUse, value: Handle, kernel: Handle, equation: Equation): Handle {
  const { tensors, name } = use;
  const inputs = [tensors.plain(value), tensors.plain(kernel)];
  const text = `${equation.input},${equation.kernel}->${equation.result}`;
  return tensors.made(tensors.add({ kind: 'einsum', name, inputs, equation: text }));
}

/** Shifts what may not be attended to so far down that nothing of it is left. */
const MASKED = -1e9;

/** Query, value and key (the value unless told) of one axis of positions. */
const multiHeadAttention: KerasRow = (use) => {
  const { inputs, named, flags, fault, tensors, name } = use;
  const [query, second, third, ...more] = inputs;
  const value = named.get('value') ?? second ?? (named.size === 0 ? query : undefined);
  const key = named.get('key') ?? third ?? value;
  if (!query || !value || !key) throw fault(`${inputs.length} inputs`, 'a query and a value');
  const masks = [...named.keys()].filter((each) => each !== 'value' && each !== 'key');
  if (more.length > 0 || masks.length > 0) throw fault('a mask that a run makes', 'none');
  if (flags.includes('return_attention_scores'))
    throw fault('return_attention_scores', 'the result alone');
  const axes: unknown = use.config.attention_axes ?? null;
  const ranks = [query, value, key].map(({ shape }) => shape.length);
  const isAxisOne = axes === null || [axes].flat().join() === '1';
  if (!isAxisOne || ranks.some((rank) => rank !== 3))
    throw fault(`attention over ${shapeText(query.shape)}`, 'one axis of positions');
  const heads = numberOf(use, 'num_heads', 1);
  const keyDim = numberOf(use, 'key_dim', 1);
  const valueDim = numberOf(use, 'value_dim', keyDim);
  const isBiased = flagOf(use, 'use_bias', true);
  const project = (part: string, from: Handle, width: number): Handle => {
    const own = step(use, part);
    const depth = from.shape.at(-1) as number;
    const kernel = use.weight(`${part}/kernel`, [depth, heads, width]);
    const bias = isBiased ? use.weight(`${part}/bias`, [heads, width]) : null;
    const flat = bias && tensors.reshape(bias, [heads * width], `${name}/${part}/shift`);
    const matrix = tensors.reshape(kernel, [depth, heads * width], `${name}/${part}/matrix`);
    const made = dense(own, from, matrix, flat);
    const [batch = 1, positions = 1] = from.shape;
    const apart = tensors.reshape(made, [batch, positions, heads, width], `${name}/${part}/heads`);
    return tensors.transpose(apart, [0, 2, 1, 3], `${name}/${part}/first`);
  };
  const [queries, keys, values] = [
    project('query', query, keyDim),
    project('key', key, keyDim),
    project('value', value, valueDim),
  ];
  const scores = tensors.add({
    ...{ kind: 'matmul', name: `${name}/scores`, transposeRight: true },
    inputs: [tensors.plain(queries), tensors.plain(keys)],
    alpha: 1 / Math.sqrt(keyDim),
  });
  const seen = flags.includes('use_causal_mask') ? withoutLater(use, tensors.made(scores)) : null;
  const shares = tensors.add({
    ...{ kind: 'softmax', name: `${name}/softmax`, axis: 3 },
    inputs: [seen ? tensors.plain(seen) : scores],
  });
  const inputsOfSum = [shares, tensors.plain(values)];
  const summed = tensors.made(
    tensors.add({ kind: 'matmul', name: `${name}/values`, inputs: inputsOfSum }),
  );
  const [batch = 1, positions = 1, width = 1] = query.shape;
  const together = tensors.reshape(
    tensors.transpose(summed, [0, 2, 1, 3], `${name}/positions`),
    [batch, positions, heads * valueDim],
    `${name}/together`,
  );
  const told: unknown = use.config.output_shape ?? null;
  const outputs = told === null ? width : Number([told].flat().at(-1));
  if (told !== null && [told].flat().length !== 1) throw fault('several output axes', 'one');
  const last = use.weight('attention_output/kernel', [heads, valueDim, outputs]);
  const bias = isBiased ? use.weight('attention_output/bias', [outputs]) : null;
  const matrix = tensors.reshape(last, [heads * valueDim, outputs], `${name}/output/matrix`);
  return dense(step(use, 'output'), together, matrix, bias);
};

function withoutLater(use: KerasUse, scores: Handle): Handle {
  const [queries = 1, keys = 1] = scores.shape.slice(-2);
  use.tensors.builder.requireElements(queries * keys, 'elements of a mask');
  const values = Float32Array.from({ length: queries * keys }, (_, at) =>
    at % keys > Math.floor(at / keys) ? MASKED : 0,
  );
  const mask = { shape: [queries, keys], type: 'float32', values } as const;
  const constant = use.tensors.constant(`${use.name}.mask`, mask);
  return binary(step(use, 'masked'), 'add', scores, constant);
}

/** An operator of its own: nobody here runs convolutions from step to step. */
const convLstm: KerasRow = (use) => {
  const value = one(use);
  const { tensors, config, fault } = use;
  const [batch = 1, steps = 1, ...extents] = value.shape;
  if (extents.length !== 3) throw fault(`an input of ${shapeText(value.shape)}`, 'images in steps');
  if (textOf(use, 'data_format', 'channels_last') !== 'channels_last')
    throw fault('channels first', 'channels last');
  const pair = (key: string, otherwise: number) => {
    const written = config[key] ?? otherwise;
    return [0, 1].map((at) => Number(Array.isArray(written) ? written[at] : written));
  };
  const [kernel, stride, dilation] = [
    pair('kernel_size', 1),
    pair('strides', 1),
    pair('dilation_rate', 1),
  ];
  const isSame = textOf(use, 'padding', 'valid') === 'same';
  const positions = extents.slice(0, 2).map((extent, axis) => {
    const reach = ((kernel[axis] as number) - 1) * (dilation[axis] as number);
    return Math.ceil((isSame ? extent : extent - reach) / (stride[axis] as number));
  });
  const filters = numberOf(use, 'filters', 1);
  const image = [...positions, filters];
  if (![...image].every((each) => Number.isInteger(each) && each >= 1))
    throw fault(`a result of ${image.join('×')}`, 'images');
  const shape = flagOf(use, 'return_sequences', false)
    ? [batch, steps, ...image]
    : [batch, ...image];
  if (flagOf(use, 'return_state', false)) throw fault('return_state', 'the result alone');
  const name = tensors.fresh(use.name);
  const result = { name, shape, type: 'float32' } as const;
  const [made = ''] = tensors.builder.addOpaque(
    name,
    'ConvLSTM2D',
    [tensors.plain(value)],
    [result],
  );
  return tensors.made(made);
};

export const attentionRows: Readonly<Record<string, KerasRow>> = {
  EinsumDense: einsumDense,
  MultiHeadAttention: multiHeadAttention,
  ConvLSTM2D: convLstm,
};
