// Layers of a Keras model, one after the other, by the rows of the table.

import type { z } from 'zod';
import { InputError } from '../../../base/errors.js';
import type { ElementType } from '../../../tensor.js';
import type { SourceFile } from '../../source.js';
import { boundShape, type OpenInputs, openFault } from '../open-shapes.js';
import { channelsFirst, identity } from '../permutation.js';
import type { Handle, Tensors } from '../tensors.js';
import type { TfjsWeights } from '../weights.js';
import { kerasRows } from './table.js';
import { type Inbound, inboundOf, KerasModel, type Reference, referencesOf } from './topology.js';
import type { KerasConfig, KerasLayerJson, KerasUse } from './use.js';
import { LayerWeightFinder } from './weights.js';

interface Context {
  readonly tensors: Tensors;
  readonly weights: TfjsWeights;
  readonly file: SourceFile;
  readonly open: OpenInputs;
  readonly isThird: boolean;
}

type Model = z.infer<typeof KerasModel>;

const NESTED = ['Sequential', 'Functional', 'Model'];
/** Layers that take tensors by name besides their inputs. */
const TAKES_NAMED = ['MultiHeadAttention'];
const DEEPEST = 32;
/** Layers that want images with their channels first. */
const IMAGES = /Conv(?!LSTM)|Pool|ZeroPadding|Cropping|UpSampling|BatchNormalization/;

const keyOf = ({ layer, node }: Reference) => `${layer}:${node}`;
const configOf = (layer: KerasLayerJson): KerasConfig =>
  Array.isArray(layer.config) ? {} : layer.config;
const nameOf = (layer: KerasLayerJson) =>
  layer.name ?? String(configOf(layer).name ?? layer.class_name);

export class ModelRun {
  readonly #finder: LayerWeightFinder;
  #depth = 0;

  constructor(private readonly context: Context) {
    this.#finder = new LayerWeightFinder(context.tensors, context.weights);
  }

  /**
   * What a model makes of `given`; of inputs of its own where those are null. `scope` goes before
   * its layers' names.
   */
  model(
    { class_name: kind, config }: Model,
    given: readonly Handle[] | null,
    scope: string,
  ): readonly Handle[] {
    if (++this.#depth > DEEPEST)
      throw new InputError(
        `${this.context.file.name}: found models ${DEEPEST} deep, expected less`,
      );
    const layers = Array.isArray(config) ? config : config.layers;
    const told = Array.isArray(config) ? { layers: config } : config;
    const isSequential = kind === 'Sequential' || Array.isArray(config);
    const results = isSequential
      ? this.#sequence(layers, given, scope, told.build_input_shape ?? null)
      : this.#graph(
          layers,
          given,
          scope,
          referencesOf(told.input_layers),
          referencesOf(told.output_layers),
        );
    this.#depth--;
    return results;
  }

  #sequence(
    layers: readonly KerasLayerJson[],
    given: readonly Handle[] | null,
    scope: string,
    built: readonly (number | null)[] | null,
  ): readonly Handle[] {
    let values = given ?? [];
    for (const [at, layer] of layers.entries()) {
      const isInput = layer.class_name === 'InputLayer';
      if (at === 0 && !given) {
        const nested = NESTED.includes(layer.class_name) && !hasShape(layer);
        if (!nested)
          values = [
            this.#input(layer, isInput ? nameOf(layer) : `${nameOf(layer)}_input`, layers, built),
          ];
        this.#requireBound();
      }
      if (isInput) continue;
      const isOwn = at === 0 && values.length === 0;
      values = this.#layer(layer, isOwn ? null : values, scope, 1);
    }
    return values;
  }

  #graph(
    layers: readonly KerasLayerJson[],
    given: readonly Handle[] | null,
    scope: string,
    inputs: readonly Reference[],
    outputs: readonly Reference[],
  ): readonly Handle[] {
    const { tensors } = this.context;
    const made = new Map<string, readonly Handle[]>();
    const waiting: {
      readonly layer: KerasLayerJson;
      readonly key: string;
      readonly inputs: readonly Reference[];
      readonly told: Inbound;
    }[] = [];
    const readers = new Map<string, number>();
    const count = (references: readonly Reference[]) => {
      for (const reference of references)
        readers.set(keyOf(reference), (readers.get(keyOf(reference)) ?? 0) + 1);
    };
    count(outputs);
    for (const layer of layers) {
      const name = nameOf(layer);
      if (layer.class_name === 'InputLayer') {
        const at = inputs.findIndex((input) => input.layer === name);
        const own = given ? given[at] : this.#input(layer, name, layers, null);
        if (own) made.set(`${name}:0`, [own]);
        continue;
      }
      for (const [node, inbound] of layer.inbound_nodes.entries()) {
        const told = inboundOf(inbound);
        const { inputs: read, named } = told;
        if (named.length > 0 && !TAKES_NAMED.includes(layer.class_name)) {
          const names = named.map(([each]) => each).join(', ');
          throw tensors.builder.fault(name, `tensors as ${names}`, 'inputs alone');
        }
        const all = [...read, ...named.map(([, reference]) => reference)];
        count(all);
        waiting.push({ layer, key: `${name}:${node}`, inputs: all, told });
      }
    }
    // A model within has a use of its own before those of this one.
    const shifted = waiting.map((each) => {
      const name = nameOf(each.layer);
      const uses = each.layer.inbound_nodes.length;
      const isLater = NESTED.includes(each.layer.class_name) && readers.has(`${name}:${uses}`);
      return isLater
        ? { ...each, key: `${name}:${Number(each.key.slice(name.length + 1)) + 1}` }
        : each;
    });
    this.#requireBound();
    for (let left = shifted; left.length > 0; ) {
      const later = left.filter(({ layer, key, inputs: read, told }) => {
        const found = read.map((reference) => made.get(keyOf(reference))?.[reference.tensor]);
        if (found.some((each) => each === undefined) || found.length === 0) return true;
        const handles = found as Handle[];
        const own = handles.slice(0, told.inputs.length);
        const named = handles.slice(told.inputs.length).map((handle, at) => {
          return [(told.named[at] as readonly [string, Reference])[0], handle] as const;
        });
        const more = { named: new Map(named), flags: told.flags };
        made.set(key, this.#layer(layer, own, scope, readers.get(key) ?? 0, more));
        return false;
      });
      const [stuck] = later;
      if (stuck && later.length === left.length) {
        throw tensors.builder.fault(
          nameOf(stuck.layer),
          'an input that no layer makes',
          'layers that read each other in some order',
        );
      }
      left = later;
    }
    const last = [...made.values()].at(-1) ?? [];
    const results = outputs.flatMap((output) => made.get(keyOf(output))?.[output.tensor] ?? []);
    return results.length > 0 ? results : last;
  }

  #layer(
    layer: KerasLayerJson,
    inputs: readonly Handle[] | null,
    scope: string,
    readers: number,
    told: Pick<KerasUse, 'named' | 'flags'> = { named: new Map(), flags: [] },
  ): readonly Handle[] {
    const { tensors, isThird } = this.context;
    const name = nameOf(layer);
    const path = `${scope}${name}`;
    if (NESTED.includes(layer.class_name)) {
      const nested = KerasModel.safeParse(layer);
      if (!nested.success)
        throw tensors.builder.fault(path, 'a model without layers', 'one with some');
      return this.model(nested.data, inputs, `${path}/`);
    }
    const row = Object.hasOwn(kerasRows, layer.class_name)
      ? kerasRows[layer.class_name]
      : undefined;
    const fault = (found: string, expected: string) => tensors.builder.fault(path, found, expected);
    if (!row)
      throw fault(
        `a layer of class ${layer.class_name.slice(0, 60)}`,
        ['InputLayer', ...Object.keys(kerasRows)].join(', '),
      );
    const finder = this.#finder;
    const use: KerasUse = {
      ...{
        name: path,
        layer: name,
        config: configOf(layer),
        inputs: inputs ?? [],
        ...told,
        isThird,
        readers,
        tensors,
        fault,
      },
      weight(names, shape) {
        return finder.find(
          this.layer === name ? [name] : [this.layer, name],
          [names].flat(),
          shape,
          fault,
        );
      },
      hasWeight: (wanted) => finder.nameOf([name], [wanted]) !== null,
      run: (inner, read) => {
        const own = nameOf(inner);
        // Its weights may be stored under the outer layer's name.
        const isOuter =
          finder.nameOf([own], ['kernel', 'depthwise_kernel', 'gamma', 'embeddings']) === null;
        return this.#layer({ ...inner, name: isOuter ? name : own }, read, scope, readers);
      },
    };
    const made = row(use);
    return 'copies' in made ? [made] : made;
  }

  #input(
    layer: KerasLayerJson,
    name: string,
    layers: readonly KerasLayerJson[],
    built: readonly (number | null)[] | null,
  ): Handle {
    const { tensors, file, open } = this.context;
    const config = configOf(layer);
    const own: unknown = config.batch_input_shape ?? config.batch_shape ?? built;
    const written: unknown =
      own ?? (Array.isArray(config.input_shape) ? [null, ...config.input_shape] : undefined);
    const extents = Array.isArray(written)
      ? written.map((extent) => (typeof extent === 'number' ? extent : null))
      : null;
    if (!extents) throw tensors.builder.fault(name, 'no batch_input_shape', 'one');
    const shape = boundShape(name, extents, open, file);
    if (open.length > 0) return { name, shape, type: 'float32', copies: [] };
    const rank = shape.length;
    const isImage = rank >= 4 && this.#feeds(nameOf(layer), layers, IMAGES);
    const type: ElementType = this.#feeds(nameOf(layer), layers, /^Embedding$/)
      ? 'int32'
      : 'float32';
    return tensors.input(name, { shape, type }, isImage ? channelsFirst(rank) : identity(rank));
  }

  /**
   * Whether one of the first layers behind an input is of a kind; layers between that keep places
   * are passed.
   */
  #feeds(input: string, layers: readonly KerasLayerJson[], kind: RegExp): boolean {
    const reached = new Set([input]);
    const isGraph = layers.some(({ inbound_nodes: nodes }) => nodes.length > 0);
    for (const [at, layer] of layers.entries()) {
      const reads = layer.inbound_nodes.flatMap((node) =>
        inboundOf(node).inputs.map((each) => each.layer),
      );
      const isBehind = isGraph
        ? reads.some((each) => reached.has(each))
        : at === 0 || reached.has(nameOf(layers[at - 1] as KerasLayerJson));
      if (!isBehind || layer.class_name === 'InputLayer') continue;
      if (kind.test(layer.class_name)) return true;
      if (NESTED.includes(layer.class_name)) {
        const nested = KerasModel.safeParse(layer);
        const inner = nested.success
          ? Array.isArray(nested.data.config)
            ? nested.data.config
            : nested.data.config.layers
          : [];
        const [first] = inner;
        if (first && this.#feeds(nameOf(first), inner, kind)) return true;
      }
      if (
        /^(Rescaling|Normalization|Activation|ReLU|Dropout|GaussianNoise|Random\w+|Add|Multiply|Concatenate)$/.test(
          layer.class_name,
        )
      ) {
        reached.add(nameOf(layer));
      }
    }
    return false;
  }

  #requireBound(): void {
    const { open, file } = this.context;
    if (open.length > 0) throw openFault(open, file);
  }
}

function hasShape(layer: KerasLayerJson): boolean {
  const config = configOf(layer);
  return Array.isArray(config.batch_input_shape) || Array.isArray(config.batch_shape);
}
