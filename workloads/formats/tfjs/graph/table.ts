// The TensorFlow operators that are read, and those that no network of numbers and fixed shapes is
// made of.

import type { Handle } from '../tensors.js';
import { convolutionRows } from './convolutions.js';
import { elementRows } from './elements.js';
import { type NodeUse, numberAt, type Results, type Row } from './node.js';
import { shapeRows } from './shapes.js';

/** The branch that a constant condition chooses. */
function branch(use: NodeUse): Results {
  const isTrue = numberAt(use, 0, 'a condition') !== 0;
  const name = (
    use.node.attr[isTrue ? 'then_branch' : 'else_branch']?.func as { name?: unknown } | undefined
  )?.name;
  if (typeof name !== 'string') throw use.fault('no branch', 'a function of the library');
  return use.call(name, use.inputs(1));
}

/** [taken where false, taken where true]. */
function switched(use: NodeUse): Results {
  const isTrue = numberAt(use, 1, 'a condition') !== 0;
  const value = use.input(0);
  return isTrue ? [null, value] : [value, null];
}

export const tfRows: Readonly<Record<string, Row>> = {
  ...convolutionRows,
  ...elementRows,
  ...shapeRows,
  If: branch,
  StatelessIf: branch,
  Switch: switched,
};

/**
 * Operators whose results nothing but a run can tell the shape of, or that are about no numbers.
 */
export const refused: readonly { readonly what: string; readonly operators: RegExp }[] = [
  {
    what: 'texts and tables of them',
    operators:
      /^(String|Regex|StaticRegex|HashTable|LookupTable|AsString|DecodeBase64|EncodeBase64|ReduceJoin|Substr|UnicodeDecode|Bucketize)/,
  },
  {
    what: 'loops',
    operators: /^(Enter|Exit|LoopCond|NextIteration|TensorList|TensorArray|For$)/,
  },
  {
    what: 'results whose shape only a run can tell',
    operators:
      /^(NonMaxSuppression|Sparse|Unique|Where$|Bincount|DenseBincount|Ragged|ListDiff|DynamicPartition)/,
  },
];

/** Operators whose result has a shape that their attributes tell, and no more. */
export function opaqueResults(use: NodeUse): readonly Pick<Handle, 'shape' | 'type'>[] | null {
  if (use.node.op === 'NonMaxSuppressionV4' && use.node.attr.pad_to_max_output_size?.b === true) {
    return [
      { shape: [numberAt(use, 2, 'a number of boxes')], type: 'int32' },
      { shape: [], type: 'int32' },
    ];
  }
  if (use.node.op === 'CropAndResize') {
    const [height = 1, width = 1] = [0, 1].map((at) => numberAtIndex(use, 3, at));
    const channels = use.input(0).shape.at(-1) ?? 1;
    return [{ shape: [use.input(1).shape[0] ?? 1, height, width, channels], type: 'float32' }];
  }
  // What a loop carries on keeps its shape.
  if (use.node.op === 'While' || use.node.op === 'StatelessWhile')
    return use.inputs().map(({ shape, type }) => ({ shape, type }));
  return null;
}

function numberAtIndex(use: NodeUse, at: number, index: number): number {
  const found = use.tensors.values(use.input(at))?.values[index];
  if (found === undefined) throw use.fault('a size that only a run can tell', 'a constant');
  return found;
}

export const opaqueNames = ['NonMaxSuppressionV4', 'CropAndResize', 'While', 'StatelessWhile'];
