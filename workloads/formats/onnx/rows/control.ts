// Graphs within nodes: a branch whose condition is known, loops of a known number of turns.

import type { OnnxGraph } from '../model.js';
import { Blocked, type Operation, type Rows } from '../operation.js';
import { equalParts } from './moves.js';

/** A loop of more turns is not written out. */
const MAX_TURNS = 256;

function branch(op: Operation): void {
  const condition = op.values(0);
  const branches = [op.graph('then_branch'), op.graph('else_branch')] as const;
  if (!condition) {
    op.host.note(
      `${op.name}: whether the condition of ${op.node.opType} holds is not known, read as if it held`,
    );
  }
  const isThen = (condition?.values[0] ?? 1) !== 0;
  const results = op.place.inline(
    branches[isThen ? 0 : 1],
    [],
    isThen ? 'then' : 'else',
    op.outputs,
  );
  passAll(op, results);
}

function passAll(op: Operation, results: readonly string[]): void {
  for (const [at, result] of results.entries()) {
    if (!op.wants(at)) continue;
    if (result === '') throw new Blocked('a graph within whose result is not known');
    if (result !== op.outputs[at]) op.pass(result, at);
  }
}

/**
 * Inputs of the body: turn, condition, what is carried on. Its results: condition, what is carried
 * on, what is collected.
 */
function loop(op: Operation): void {
  const body = op.graph('body');
  const turns = op.has(0) ? op.number(0, 'a number of turns') : Number.POSITIVE_INFINITY;
  let condition = op.optional(1);
  let carried = op.inputs.slice(2);
  const collected: string[][] = body.output.slice(1 + carried.length).map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    if (condition !== '') {
      const known = op.builder.valuesOf(condition);
      if (!known) throw new Blocked('a condition that the network computes');
      if ((known.values[0] ?? 0) === 0) break;
    }
    if (turn >= MAX_TURNS) throw new Blocked(`more than ${MAX_TURNS} turns`);
    const first = condition === '' ? op.scalar(1, 'bool') : condition;
    const results = op.place.inline(body, [op.scalar(turn, 'int64'), first, ...carried], `${turn}`);
    if (results.includes('')) throw new Blocked('a body whose result is not known');
    // Without a condition of its own, the body's counts from the second turn on.
    condition = results[0] as string;
    carried = results.slice(1, 1 + carried.length);
    for (const [at, result] of results.slice(1 + carried.length).entries())
      collected[at]?.push(result);
  }
  passAll(op, carried);
  stackAll(
    op,
    collected,
    carried.length,
    collected.map(() => 0),
  );
}

/** Results of the turns one behind the other along a new axis. */
function stackAll(
  op: Operation,
  collected: readonly (readonly string[])[],
  from: number,
  axes: readonly number[],
): void {
  for (const [at, results] of collected.entries()) {
    const place = from + at;
    if (!op.wants(place)) continue;
    const [first] = results;
    if (first === undefined) throw new Blocked('a loop without a turn');
    const rank = op.shapeOf(first).length + 1;
    const axis = op.axis(axes[at] ?? 0, rank);
    const layers = results.map((result) =>
      op.reshape(result, op.shapeOf(result).toSpliced(axis, 0, 1)),
    );
    op.resultAt(place)({ kind: 'concat', axis }, layers);
  }
}

/** Inputs: states, then tensors that are walked along an axis, a slice a turn. */
function scan(op: Operation): void {
  const body = op.graph('body');
  const count = op.int('num_scan_inputs', 0);
  const isOld = op.opset < 9;
  const inputs = isOld ? op.inputs.slice(1) : op.inputs;
  if (isOld && op.optional(0) !== '') throw new Blocked('sequences of different lengths');
  const states = inputs.length - count;
  if (isOld) {
    scanBatches(op, body, inputs, states);
    return;
  }
  const axes = op.ints('scan_input_axes') ?? [];
  const directions = op.ints('scan_input_directions') ?? op.ints('directions') ?? [];
  const walked = inputs
    .slice(states)
    .map((input, at) => slicesOf(op, input, axes[at] ?? 0, directions[at] === 1));
  const { carried, collected } = runScan(op, body, inputs.slice(0, states), walked);
  passAll(op, carried);
  const back = op.ints('scan_output_directions') ?? [];
  const ordered = collected.map((results, at) =>
    back[at] === 1 ? [...results].reverse() : results,
  );
  stackAll(op, ordered, states, op.ints('scan_output_axes') ?? []);
}

function runScan(
  op: Operation,
  body: OnnxGraph,
  states: readonly string[],
  walked: readonly (readonly string[])[],
) {
  let carried = states;
  const turns = walked[0]?.length ?? 0;
  const collected: string[][] = body.output.slice(states.length).map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    const slices = walked.map((slices) => slices[turn] ?? '');
    const results = op.place.inline(body, [...carried, ...slices], `${turn}`);
    if (results.includes('')) throw new Blocked('a body whose result is not known');
    carried = results.slice(0, states.length);
    for (const [at, result] of results.slice(states.length).entries()) collected[at]?.push(result);
  }
  return { carried, collected };
}

/** Operator set 8: a batch in front of everything. One frame of it is one sequence. */
function scanBatches(
  op: Operation,
  body: OnnxGraph,
  inputs: readonly string[],
  states: number,
): void {
  if (inputs.some((input) => op.shapeOf(input)[0] !== 1)) throw new Blocked('several sequences');
  const whole = inputs.map((input) => op.reshape(input, op.shapeOf(input).slice(1)));
  const walked = whole.slice(states).map((input) => slicesOf(op, input, 0, false));
  op.ignore('directions');
  const { carried, collected } = runScan(op, body, whole.slice(0, states), walked);
  for (const [at, state] of carried.entries())
    op.reshape(state, [1, ...op.shapeOf(state)], op.resultAt(at));
  for (const [at, results] of collected.entries()) {
    const layers = results.map((result) => op.reshape(result, [1, 1, ...op.shapeOf(result)]));
    op.resultAt(states + at)({ kind: 'concat', axis: 1 }, layers);
  }
}

function slicesOf(
  op: Operation,
  input: string,
  written: number,
  isBackward: boolean,
): readonly string[] {
  const { shape } = op.typeOf(input);
  const axis = op.axis(written, shape.length);
  const extent = shape[axis] as number;
  if (extent > MAX_TURNS) throw new Blocked(`more than ${MAX_TURNS} turns`);
  const sizes = equalParts(extent, extent);
  const parts = extent === 1 ? [input] : op.steps({ kind: 'split', axis, sizes }, [input], extent);
  const slices = parts.map((part) => op.reshape(part, shape.toSpliced(axis, 1)));
  return isBackward ? slices.reverse() : slices;
}

export const controlRows: Rows = { If: branch, Loop: loop, Scan: scan };
