// Transpositions sink through element-wise operators and concatenations where they then meet
// others, which turn them back or become one with them:
//
//   x → transpose → relu → y                    =  x → relu → transpose → y
//   x → transpose ┐
//   z → transpose ┴ add → y                     =  x, z → add → transpose → y
//   x → transpose → · constant → y              =  x → · constant turned back → transpose → y

import { forwardLayer, type Tensor } from '../network.js';
import { moveOperators } from '../operators/moves.js';
import type { Shape } from '../tensor.js';
import type { Draft } from './draft.js';
import { Rewriting, type Spec } from './rewriting.js';

export function sinkTransposes(draft: Draft): Draft {
  if (!draft.layers.some(({ kind }) => kind === 'transpose')) return draft;
  const graph = new Rewriting(draft);
  const meeting = tensorsThatMeet(graph);
  for (const layer of graph.layers())
    if (meeting.has(graph.resultOf(layer)) && graph.isThere(layer)) sink(graph, layer);
  return graph.finish();
}

/** Tensors of which all readers are transpositions, or element-wise and make such tensors. */
function tensorsThatMeet(graph: Rewriting): ReadonlySet<string> {
  const meeting = new Set<string>();
  for (const layer of [...graph.layers()].reverse()) {
    const result = graph.resultOf(layer);
    const readers = [...graph.readersOf(result)];
    const meets = (reader: Spec) =>
      reader.kind === 'transpose' ||
      (elementwise.has(reader.kind) && meeting.has(graph.resultOf(reader)));
    if (readers.length > 0 && !graph.isOutput(result) && readers.every(meets)) meeting.add(result);
  }
  return meeting;
}

/** Kinds that do the same to each element wherever it lies. */
const elementwise = new Set<Spec['kind']>([
  'unary',
  'cast',
  'relu',
  'binary',
  'where',
  'add',
  'concat',
]);

function sink(graph: Rewriting, layer: Spec): void {
  if (!elementwise.has(layer.kind)) return;
  const result = graph.resultOf(layer);
  const { shape, type } = graph.typeOf(result);
  const made = layer.inputs.map((input) => {
    const maker = graph.maker(input);
    return maker?.kind === 'transpose' && graph.onlyReader(input) === layer ? maker : null;
  });
  const turns = made.filter((maker) => maker !== null);
  const [first] = turns;
  if (!first || first.permutation.length !== shape.length) return;
  const { permutation } = first;
  const isAlike = turns.every((turn) => turn.permutation.join() === permutation.join());
  const others = layer.inputs.filter((_, at) => !made[at]);
  const isSlope = layer.kind === 'binary' && layer.function === 'prelu';
  if (!isAlike || isSlope || !others.every((input) => graph.constant(input))) return;
  const inputs = layer.inputs.map(
    (input, at) => made[at]?.inputs[0] ?? turnedBack(graph, input, permutation),
  );
  const before = permutation.map((_, axis) => shape[permutation.indexOf(axis)] as number);
  const inner = graph.freshTensor(`${result}/turned`, { shape: before, type });
  const along =
    layer.kind === 'concat' ? { axis: permutation[counted(layer.axis ?? 1, shape)] as number } : {};
  const moved = { ...layer, ...along, inputs, resultNames: [inner] } as Spec;
  const turn: Spec = {
    ...{ kind: 'transpose', name: graph.freshLayer(`${layer.name}/transpose`), inputs: [inner] },
    ...{ permutation, resultNames: [result] },
  };
  graph.replace(layer, [moved, turn], new Set(turns));
}

const counted = (axis: number, { length }: Shape) => (axis < 0 ? axis + length : axis);

/** A constant that broadcasts, as it lies before the transposition. */
function turnedBack(graph: Rewriting, input: string, permutation: readonly number[]): string {
  const constant = graph.constant(input) as Tensor;
  if (constant.values.length === 1 && constant.shape.length <= permutation.length) return input;
  const missing = permutation.length - constant.shape.length;
  const shape = [...new Array<number>(missing).fill(1), ...constant.shape];
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return graph.addConstant(`${input}/turned`, transposed({ ...constant, shape }, inverse));
}

function transposed(tensor: Tensor, permutation: readonly number[]): Tensor {
  const fault = (found: string, expected: string) =>
    new Error(`found ${found}, expected ${expected}`) as never;
  const results = moveOperators.transpose.infer({ permutation }, [tensor], fault);
  const named = results.map((type) => ({ ...type, name: '' }));
  const layer = {
    kind: 'transpose',
    name: '',
    inputs: [''],
    inputTypes: [tensor],
    permutation,
    demand: null,
  } as const;
  const [turned] = forwardLayer({ ...layer, results: named }, null, [tensor]);
  return turned as Tensor;
}
