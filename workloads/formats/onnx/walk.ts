// A walk over an ONNX graph, node by node: constants are worked out, functions and graphs within
// are read in place, and everything else becomes layers. What cannot be read is collected, so that
// a file is refused with all of it at once.

import { InputError } from '../../base/errors.js';
import { sizeOf, type Tensor, type TensorType } from '../../tensor.js';
import { GraphBuilder } from '../graph-builder.js';
import { requireAtMost, type SourceFile } from '../source.js';
import { Blockers } from './blockers.js';
import { bindDimensions } from './dimensions.js';
import { isParameter } from './inputs.js';
import {
  domainOf,
  type OnnxAttribute,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from './model.js';
import {
  Blocked,
  type Follower,
  type Host,
  Operation,
  type Padded,
  type Place,
  type Rows,
  type Sequence,
} from './operation.js';
import type { TensorMessage } from './schema.js';
import { inOrder, opsetsOf, Scope } from './scope.js';
import { type Beside, dataTypeName, elementTypeOf, readSparse, readTensor } from './tensors.js';

/** Functions and graphs inside each other. */
const DEEPEST = 64;
/** A sequence of tensors goes by such a name, which no file can write. */
const SEQUENCE = '\u0000sequence ';

/** Other domains have taken over ONNX's operators as they are now. */
const OTHER_DOMAIN = Number.POSITIVE_INFINITY;

/** What a walk needs of the table of operators. */
export type Domains = ReadonlyMap<string, Rows>;

export class Walk implements Host {
  readonly builder: GraphBuilder;
  readonly padded = new Map<string, Padded>();
  readonly images = new Map<string, string>();
  readonly #functions: ReadonlyMap<string, OnnxFunction>;
  readonly #taken = new Set<string>();
  readonly #sequences = new Map<string, Sequence>();
  readonly #absorbed = new Set<OnnxNode>();
  readonly #blockers = new Blockers();
  readonly #missing = new Set<string>();
  #bound = new Map<string, number>();
  #assumed: readonly string[] = [];
  #nodes = 0;

  constructor(
    private readonly source: SourceFile,
    private readonly model: OnnxModel,
    private readonly domains: Domains,
    private readonly beside: Beside,
  ) {
    this.builder = new GraphBuilder(source);
    this.#functions = new Map(
      model.functions.map((one) => [`${domainOf(one.domain)} ${one.name} ${one.overload}`, one]),
    );
  }

  get file(): string {
    return this.source.name;
  }

  /**
   * Puts the whole graph in the builder. Returns the names of its outputs. @throws InputError, one
   * line.
   */
  run(): readonly string[] {
    const { graph } = this.model;
    for (const { output } of graph.node) for (const name of output) this.#taken.add(name);
    for (const { name } of [...graph.input, ...graph.initializer]) this.#taken.add(name);
    for (const { values } of graph.sparseInitializer) this.#taken.add(values?.name ?? '');
    const outputs = graph.output.map(({ name }) => name);
    const body = { node: graph.node, valueInfo: graph.valueInfo, outputs };
    const scope = new Scope(
      body,
      '',
      null,
      opsetsOf(this.model.opsetImport),
      new Map(),
      graph.output,
    );
    this.#initialise(graph, scope);
    this.#addInputs(graph, scope);
    try {
      this.#run(graph.node, scope);
    } catch (error) {
      if (!(error instanceof InputError) || this.#assumed.length === 0) throw error;
      const flags = this.#assumed.slice(0, 4).map((name) => `--dim ${name}=N`);
      throw new InputError(`${error.message} (1 was taken for ${flags.join(' ')})`);
    }
    if (this.#missing.size > 0) this.#noteMissing();
    return this.#outputsOf(outputs, scope);
  }

  // What rows see of the walk.

  fresh(name: string): string {
    let free = name;
    for (let copy = 2; this.#taken.has(free) || this.builder.has(free); copy++)
      free = `${name}_${copy}`;
    this.#taken.add(free);
    return free;
  }

  tensorOf(message: TensorMessage): Tensor | TensorType | null {
    return readTensor(message, this.source, this.beside);
  }

  sparseOf({ sparseTensor }: OnnxAttribute): Tensor | TensorType | null {
    return sparseTensor && readSparse(sparseTensor, this.source, this.beside);
  }

  note(text: string): void {
    if (!this.builder.notes.includes(text)) this.builder.notes.push(text);
  }

  sequence(name: string): Sequence | null {
    return this.#sequences.get(name) ?? null;
  }

  addSequence(tensors: Sequence): string {
    const name = `${SEQUENCE}${this.#sequences.size}`;
    this.#sequences.set(name, tensors);
    return name;
  }

  #initialise({ initializer, sparseInitializer }: OnnxGraph, scope: Scope): void {
    const add = (name: string, tensor: Tensor | TensorType | null) => {
      if (tensor) this.#declare(name, tensor, scope);
      else scope.set(name, null);
    };
    for (const message of initializer) add(message.name, this.tensorOf(message));
    for (const sparse of sparseInitializer)
      add(sparse.values?.name ?? '', readSparse(sparse, this.source, this.beside));
  }

  #declare(name: string, tensor: Tensor | TensorType, scope: Scope): void {
    const own = scope.parent ? this.fresh(`${scope.prefix}${name}`) : name;
    if (!('values' in tensor)) this.#missing.add(own);
    scope.set(name, this.builder.constant(own, tensor));
  }

  #addInputs(graph: OnnxGraph, scope: Scope): void {
    const free = graph.input.filter(({ name }) => !scope.has(name));
    const parameters = free.filter(
      (input) => isParameter(input, graph) && !this.source.known?.has(input.name),
    );
    const isNetwork = parameters.length < free.length;
    const inputs = isNetwork ? free.filter((input) => !parameters.includes(input)) : free;
    const { shapes, bound, assumed } = bindDimensions(
      graph,
      isNetwork ? free : inputs,
      this.source,
    );
    this.#bound = bound;
    this.#assumed = assumed;
    for (const { name, type } of free) {
      const elementType = elementTypeOf(type?.tensorType?.elemType ?? 0);
      const shape = shapes.get(name);
      const known = this.source.known?.get(name);
      if (known) scope.set(name, this.builder.constant(name, known));
      else if (!elementType || !shape) {
        this.#blockers.addInput(
          name,
          type?.tensorType ? dataTypeName(type.tensorType.elemType) : 'no tensor',
        );
        scope.set(name, null);
      } else if (inputs.some((input) => input.name === name)) {
        scope.set(name, this.builder.input(name, { shape, type: elementType }));
      } else this.#declare(name, { shape, type: elementType }, scope);
    }
  }

  #noteMissing(): void {
    const [first = ''] = this.#missing;
    const more = this.#missing.size > 1 ? ` and ${this.#missing.size - 1} more` : '';
    this.note(`the values of ${first}${more} are not in the file: all weights are random`);
  }

  #outputsOf(names: readonly string[], scope: Scope): readonly string[] {
    const known = names.flatMap((name) => {
      const meaning = scope.lookup(name);
      return meaning && !this.#sequences.has(meaning) ? [meaning] : [];
    });
    const left = names.filter((name) => {
      const meaning = scope.lookup(name);
      return !meaning || this.#sequences.has(meaning);
    });
    if (
      known.length === 0 ||
      (left.length > 0 && this.#blockers.isAny && left.length === names.length)
    ) {
      throw this.#blockers.error(this.file, names);
    }
    if (left.length > 0)
      this.note(
        `left out: output ${left.join(', ')}, of which no shape is known: ${this.#blockers.text}`,
      );
    return [...new Set(known)];
  }

  #run(nodes: readonly OnnxNode[], scope: Scope): void {
    for (const node of inOrder(nodes)) {
      if (this.#absorbed.has(node)) continue;
      this.#nodes++;
      requireAtMost(this.file, 'nodes', this.#nodes, this.source.limits.layers, 'layers');
      this.#read(node, scope);
    }
  }

  #read(node: OnnxNode, scope: Scope): void {
    const name = `${scope.prefix}${node.name || node.output[0] || node.opType}`;
    const meanings = node.input.map((input) => (input === '' ? '' : scope.lookup(input)));
    const unmade = node.input[meanings.indexOf(undefined)];
    if (unmade !== undefined) {
      const found = `input ${unmade}, which no node before it makes`;
      throw this.builder.fault(
        `${name} (${node.opType})`,
        found,
        'a graph in order, without circles',
      );
    }
    const outputs = node.output.map((output) => {
      if (output === '') return this.fresh(`${name}/unused`);
      return (
        scope.targets.get(output) ??
        (scope.parent ? this.fresh(`${scope.prefix}${output}`) : output)
      );
    });
    if (outputs.length === 0) return;
    const inputs = meanings.map((meaning) => meaning ?? '');
    const domain = domainOf(node.domain);
    const place: Place = {
      ...{
        inputs,
        outputs,
        operatorSet: domain === '' ? (scope.opsets.get('') ?? 1) : OTHER_DOMAIN,
      },
      declared: (at) => scope.declared(node.output[at] ?? '', this.#bound),
      follower: () => this.#followerOf(node, outputs, scope),
      pass: (at, tensor) => this.#pass(node.output[at] ?? '', tensor, outputs[at] as string, scope),
      inline: (graph, bindings, part, targets) =>
        this.#inline(graph, bindings, `${name}/${part}/`, scope, targets),
    };
    const operation = new Operation(node, name, this, place);
    const local = this.#functions.get(`${domain} ${node.opType} ${node.overload}`);
    const rows = this.domains.get(domain);
    const row = rows && Object.hasOwn(rows, node.opType) ? rows[node.opType] : undefined;
    const unknown = meanings.indexOf(null);
    if (unknown >= 0) {
      // To go on from what the file says of its results would leave out what comes before.
      this.#setUnknown(node, scope);
      if (!row && !local) this.#blockers.add(operation, 'not supported');
      return;
    }
    try {
      if (local) this.#call(local, operation, scope);
      else if (row) {
        row(operation);
        this.#checkAttributes(operation);
      } else throw new Blocked('not supported');
    } catch (error) {
      if (!(error instanceof Blocked)) throw error;
      if (this.#setDeclared(operation, scope)) return;
      this.#blockers.add(operation, error.message);
      this.#setUnknown(node, scope);
      return;
    }
    for (const [at, output] of node.output.entries()) {
      if (output === '' || scope.has(output)) continue;
      const own = outputs[at] as string;
      scope.set(output, this.builder.has(own) || this.#sequences.has(own) ? own : null);
      if (this.builder.has(own)) scope.learn(output, this.builder.typeOf(own), this.#bound);
    }
  }

  #checkAttributes(operation: Operation): void {
    const unread = operation.unread();
    if (unread.length === 0) return;
    const { node, name } = operation;
    this.note(
      `${name} (${node.opType}): attribute ${unread.join(', ')} is not known here, results may differ`,
    );
  }

  /** An operator that nobody implements, where the file says what its results look like. */
  #setDeclared(operation: Operation, scope: Scope): boolean {
    const { node } = operation;
    const types = node.output.map((output) =>
      output === '' ? null : scope.declared(output, this.#bound),
    );
    const wanted = types.filter(
      (type, at) => type || (node.output[at] !== '' && scope.isRead(node.output[at] as string)),
    );
    if (!types.some(Boolean) || wanted.some((type) => !type)) return false;
    for (const type of wanted)
      if (type) this.builder.requireElements(sizeOf(type.shape), `elements of ${operation.name}`);
    const results = types.flatMap((type, at) =>
      type ? [{ ...type, name: operation.output(at) }] : [],
    );
    if (results.some(({ name }) => this.builder.has(name))) return false;
    operation.opaqueResults(results.filter(({ shape }) => shape.every((extent) => extent > 0)));
    for (const [at, output] of node.output.entries()) {
      const own = operation.output(at);
      if (output !== '') scope.set(output, this.builder.has(own) ? own : null);
    }
    return true;
  }

  #setUnknown(node: OnnxNode, scope: Scope): void {
    for (const output of node.output)
      if (output !== '' && !scope.has(output)) scope.set(output, null);
  }

  #pass(output: string, tensor: string, own: string, scope: Scope): void {
    if (output === '') return;
    const isNamed = scope.parent === null && scope.isOutput(output) && !this.#sequences.has(tensor);
    if (isNamed) this.builder.alias(own, tensor);
    scope.set(output, isNamed ? own : tensor);
  }

  #followerOf(node: OnnxNode, outputs: string[], scope: Scope): Follower | null {
    const [output = ''] = node.output;
    const reader = scope.onlyReader(output);
    if (
      !reader ||
      this.#absorbed.has(reader) ||
      reader.output.length !== 1 ||
      node.output.slice(1).some(Boolean)
    )
      return null;
    const [result = ''] = reader.output;
    return {
      node: reader,
      inputs: reader.input.map((input) => (input === output ? '' : (scope.lookup(input) ?? ''))),
      absorb: () => {
        this.#absorbed.add(reader);
        outputs[0] =
          scope.targets.get(result) ??
          (scope.parent ? this.fresh(`${scope.prefix}${result}`) : result);
        scope.set(output, outputs[0]);
        scope.set(result, outputs[0]);
      },
    };
  }

  #inline(
    graph: OnnxGraph,
    bindings: readonly string[],
    prefix: string,
    parent: Scope,
    targets: readonly string[] = [],
  ): readonly string[] {
    const outputs = graph.output.map(({ name }) => name);
    const body = { node: graph.node, valueInfo: graph.valueInfo, outputs };
    const named = new Map(
      outputs.flatMap((name, at) => (targets[at] ? [[name, targets[at]] as const] : [])),
    );
    const scope = new Scope(body, prefix, parent, parent.opsets, named, graph.output);
    this.#initialise(graph, scope);
    return this.#runWithin(
      graph.input.map(({ name }) => name),
      bindings,
      graph.node,
      scope,
    );
  }

  #runWithin(
    inputs: readonly string[],
    bindings: readonly string[],
    nodes: readonly OnnxNode[],
    scope: Scope,
  ): readonly string[] {
    if (scope.depth > DEEPEST)
      throw this.builder.fault('', `graphs ${DEEPEST} deep in each other`, 'fewer');
    for (const [at, input] of inputs.entries()) {
      const bound = bindings[at] ?? '';
      if (!scope.has(input)) scope.set(input, bound === '' ? null : bound);
    }
    this.#run(nodes, scope);
    return scope.body.outputs.map((output) => scope.lookup(output) ?? '');
  }

  /** A function of the model's own, in the place of the node that calls it. */
  #call(local: OnnxFunction, operation: Operation, parent: Scope): void {
    const { node, outputs, inputs } = operation;
    const given = new Map(local.attributeProto.map((attribute) => [attribute.name, attribute]));
    for (const attribute of node.attribute) given.set(attribute.name, attribute);
    const body = {
      node: withAttributes(local.node, given),
      valueInfo: local.valueInfo,
      outputs: local.output,
    };
    const targets = new Map(
      local.output.flatMap((name, at) => (outputs[at] ? [[name, outputs[at]] as const] : [])),
    );
    const opsets = new Map([...parent.opsets, ...opsetsOf(local.opsetImport)]);
    const scope = new Scope(body, `${operation.name}/`, parent, opsets, targets);
    const results = this.#runWithin(local.input, inputs, body.node, scope);
    for (const [at, result] of results.entries()) {
      if (!operation.wants(at)) continue;
      if (result === '') throw new Blocked('a function whose result is not known');
      if (result !== outputs[at]) operation.pass(result, at);
    }
  }
}

/** A function's nodes with what its caller gave in the place of its attributes. */
function withAttributes(
  nodes: readonly OnnxNode[],
  given: ReadonlyMap<string, OnnxAttribute>,
): readonly OnnxNode[] {
  return nodes.map((node) => {
    if (!node.attribute.some(({ refAttrName, g }) => refAttrName !== '' || g)) return node;
    const attribute = node.attribute.flatMap((each) => {
      if (each.refAttrName !== '') {
        const value = given.get(each.refAttrName);
        return value ? [{ ...value, name: each.name }] : [];
      }
      return [
        each.g ? { ...each, g: { ...each.g, node: withAttributes(each.g.node, given) } } : each,
      ];
    });
    return { ...node, attribute };
  });
}
