// A Caffe prototxt's text as its inputs and its layers, those of other phases left out.

import { InputError } from '../../base/errors.js';
import { requireAtMost, type SourceFile } from '../source.js';
import { dataInputs, isData } from './inputs.js';
import { blocksOf, LayerText, scalarsOf } from './parameters.js';
import { type Block, readTextProto } from './text-proto.js';

export interface NetInput {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface NetText {
  readonly name: string;
  readonly inputs: readonly NetInput[];
  readonly layers: readonly LayerText[];
  /** Blobs of labels, which only training and testing need. */
  readonly labels: ReadonlySet<string>;
}

/** What only training and testing need. */
const isScored = (type: string) =>
  /Loss$|^(Accuracy|Silence|DetectionEvaluate|SoftmaxWithLoss)$/.test(type);

const NET_FIELDS = [
  ...[
    'name',
    'input',
    'input_shape',
    'input_dim',
    'layer',
    'layers',
    'state',
    'force_backward',
    'debug_info',
  ],
];

export function readNetText(text: string, file: SourceFile): NetText {
  const net = readTextProto(text, file.name);
  const unknown = [...net.keys()].filter((field) => !NET_FIELDS.includes(field));
  if (unknown.length > 0) {
    const names = unknown.slice(0, 8).map((field) => field.slice(0, 40));
    throw new InputError(
      `${file.name}: found fields ${names.join(', ')}, expected ${NET_FIELDS.join(', ')}`,
    );
  }
  const blocks = [...blocksOf(net, 'layer'), ...blocksOf(net, 'layers')];
  requireAtMost(file.name, 'layers', blocks.length, file.limits.layers, 'layers');
  const state = stateOf(
    net,
    blocks.map(({ block }) => block),
  );
  const layers = blocks
    .filter(({ block }) => isKept(block, state))
    .map(({ block, line }) => new LayerText(block, line, file))
    .filter(({ type }) => !isScored(type));
  const data = layers.filter(({ type }) => isData(type));
  const made = data.map((layer) => dataInputs(layer, file));
  const inputs = [...namedInputs(net, file), ...made.flatMap(({ inputs: own }) => own)];
  if (inputs.length === 0) {
    throw new InputError(`${file.name}: found 0 inputs, expected one: a prototxt for deployment`);
  }
  return {
    name: scalarsOf(net, 'name')[0] ?? '',
    inputs: inputs.map(({ name, shape }) => ({
      name,
      shape: shape.length > 1 ? [1, ...shape.slice(1)] : shape,
    })),
    layers: layers.filter(({ type }) => !isData(type)),
    labels: new Set(made.flatMap(({ labels }) => labels)),
  };
}

interface NetState {
  readonly level: number;
  readonly stages: ReadonlySet<string>;
}

/** A network is read as it is tested; files for several uses mark this one as 'deploy'. */
function stateOf(net: Block, layers: readonly Block[]): NetState {
  const told = blocksOf(net, 'state').map(({ block }) => block);
  const stages = told.flatMap((state) => scalarsOf(state, 'stage'));
  const named = layers.flatMap((layer) =>
    ['include', 'exclude'].flatMap((rule) =>
      blocksOf(layer, rule).flatMap(({ block }) => [
        ...scalarsOf(block, 'stage'),
        ...scalarsOf(block, 'not_stage'),
      ]),
    ),
  );
  const deploy = stages.length === 0 && named.includes('deploy') ? ['deploy'] : [];
  const level = Number(told.flatMap((state) => scalarsOf(state, 'level'))[0] ?? 0);
  return { level, stages: new Set([...stages, ...deploy]) };
}

/**
 * Caffe's NetStateRule: kept where one of the rules to include holds, or none is given, and none to
 * exclude.
 */
function isKept(block: Block, state: NetState): boolean {
  const rules = (field: string) => blocksOf(block, field).map(({ block: rule }) => rule);
  const [included, excluded] = [rules('include'), rules('exclude')];
  const phase = scalarsOf(block, 'phase')[0];
  if (phase !== undefined && !isTest(phase)) return false;
  if (included.length > 0) return included.some((rule) => holds(rule, state));
  return !excluded.some((rule) => holds(rule, state));
}

const isTest = (phase: string) => phase === 'TEST' || phase === '1';

function holds(rule: Block, { level, stages }: NetState): boolean {
  const [phase] = scalarsOf(rule, 'phase');
  const [min, max] = ['min_level', 'max_level'].map((field) => scalarsOf(rule, field)[0]);
  if (phase !== undefined && !isTest(phase)) return false;
  if (min !== undefined && level < Number(min)) return false;
  if (max !== undefined && level > Number(max)) return false;
  if (!scalarsOf(rule, 'stage').every((stage) => stages.has(stage))) return false;
  return !scalarsOf(rule, 'not_stage').some((stage) => stages.has(stage));
}

/** Inputs named at the net's start, each with a shape or four extents. */
function namedInputs(net: Block, file: SourceFile): readonly NetInput[] {
  const names = scalarsOf(net, 'input');
  const shapes = blocksOf(net, 'input_shape').map(({ block }) =>
    scalarsOf(block, 'dim').map(Number),
  );
  const dims = scalarsOf(net, 'input_dim').map(Number);
  return names.map((name, at) => {
    const shape = shapes[at] ?? dims.slice(4 * at, 4 * at + 4);
    if (shape.length > 0 && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 1))
      return { name, shape };
    const found = shape.length > 0 ? `a shape of ${shape.join('×')}` : 'no shape';
    throw new InputError(
      `${file.name}: input ${name}: found ${found}, expected whole numbers of at least 1`,
    );
  });
}
