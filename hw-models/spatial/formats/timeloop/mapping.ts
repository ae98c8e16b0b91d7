// Timeloop's mappings: YAML with a target for each level, and loop nests as Timeloop prints them.

import { InputError } from '../../../../workloads/base/errors.js';
import { nearestOf } from '../../../../workloads/base/nearest.js';
import type { Architecture, Node } from '../../description/architecture.js';
import type { Loop, Mapping } from '../../nest/mapping.js';
import type { Problem } from '../../nest/problem.js';
import { allDirectives, type Directive } from './directives.js';
import { fault, inside, type Part } from './input.js';

/**
 * A mapping of a `mapping` list. Levels and data-spaces that it does not name keep what they must,
 * or may.
 * @throws InputError, one line with its place, for levels, dimensions or factors that there are not
 */
export function mappingOf(part: Part, problem: Problem, { nodes }: Architecture): Mapping {
  const directives = allDirectives(part);
  const loops: Loop[][] = nodes.map(() => []);
  const rest: { readonly at: number; readonly dimension: number; readonly place: number }[] = [];
  for (const directive of directives) {
    if (directive.type === 'dataspace') continue;
    for (const { at, loop, isRest } of loopsOf(directive, problem, nodes)) {
      if (isRest) {
        rest.push({ at, dimension: loop.dimension, place: loops[at]?.length ?? 0 });
      }
      loops[at]?.push(loop);
    }
  }
  for (const { at, dimension, place } of rest) {
    const name = problem.dimensions[dimension];
    const others = loops
      .flat()
      .reduce((steps, loop) => (loop.dimension === dimension ? steps * loop.bound : steps), 1);
    const left = (problem.sizes[dimension] as number) / others;
    if (!Number.isInteger(left)) {
      throw fault(part, `${name}=0 where the others take ${others}`, `a divisor of its size`);
    }
    const loop = loops[at]?.[place] as Loop;
    (loops[at] as Loop[])[place] = { ...loop, bound: left };
  }
  const keeps = nodes.map((node) =>
    problem.operands.map(({ name }) => {
      if (node.kind === 'array') return false;
      const own = directives.filter(
        ({ target, type }) => type === 'dataspace' && target === node.name,
      );
      if (own.some(({ bypass }) => bypass.includes(name))) return false;
      if (own.some(({ keep }) => keep.includes(name))) return true;
      if (own.some(({ keepsOnly }) => keepsOnly)) return false;
      return node.keeps[name] !== 'bypass';
    }),
  );
  return { loops: loops.map((own) => own.filter(({ bound }) => bound > 1)), keeps };
}

interface Placed {
  readonly at: number;
  readonly loop: Loop;
  readonly isRest: boolean;
}

/** Loops of one target, from the outermost in. */
function loopsOf(
  directive: Directive,
  problem: Problem,
  nodes: readonly Node[],
): readonly Placed[] {
  const { target, type, factors, permutation, split, part } = directive;
  const at = nodes.findIndex(({ name }) => name === target);
  const isSpread = factors.some(({ steps }) => steps !== 1);
  if (at < 0) {
    if (type === 'spatial' && !isSpread) return [];
    const known = nodes.map(({ name }) => name);
    const near = nearestOf(target, known);
    const meant = near === null ? '' : `; did you mean ${near}?`;
    throw fault(inside(part, 'target'), target, `${known.join(', ')}${meant}`);
  }
  const order = [...(permutation ?? [])];
  for (const { dimension, isMax } of factors) {
    if (isMax) throw fault(inside(part, 'factors'), `${dimension}<=`, 'exact factors in a mapping');
    if (!order.includes(dimension)) order.push(dimension);
  }
  const placed = order.map((name, place): Placed | null => {
    const dimension = problem.dimensions.indexOf(name);
    if (dimension < 0) {
      throw fault(part, `dimension ${name}`, problem.dimensions.join(', '));
    }
    const steps = factors.find((factor) => factor.dimension === name)?.steps ?? 1;
    if (steps === 1) return null;
    const bound = Math.max(1, steps);
    if (type === 'temporal') {
      if (nodes[at]?.kind === 'array') throw fault(part, 'loops in time', 'spatial at an array');
      return { at, loop: { dimension, bound, axis: null }, isRest: steps === 0 };
    }
    const array = arrayFor(nodes, at, split === null ? null : place < split);
    if (array === null) throw fault(part, `${name} in space`, `an array inside ${target}`);
    return { at: array.at, loop: { dimension, bound, axis: array.axis }, isRest: steps === 0 };
  });
  return placed.filter((one) => one !== null).toReversed();
}

/** The array that a spatial target means: itself, or the one further in than a storage. */
function arrayFor(nodes: readonly Node[], from: number, isX: boolean | null) {
  const first = nodes[from]?.kind === 'array' ? from : from + 1;
  for (let at = first; nodes[at]?.kind === 'array'; at++) {
    const node = nodes[at];
    if (node?.kind !== 'array') return null;
    const { x, y } = node;
    const along = isX ?? !(x === 1 && y > 1);
    if ((along ? x : y) > 1 || first === from) {
      const axis: 'x' | 'y' = along ? 'x' : 'y';
      return { at, axis };
    }
  }
  return null;
}

const HEAD = /^(\S+)\s*\[([^\]]*)\]\s*$/;
const LOOP = /^\|?\s*for (\w+) in \[0:(\d{1,15})(?:,\d+)?\)(?:\s*\((Spatial-[XY]|Spatial)\))?\s*$/;

/**
 * A loop nest as Timeloop prints it (map.txt): levels from the outermost in with what they keep,
 * then their loops. @throws InputError, one line, for anything else
 */
export function mappingOfText(
  text: string,
  file: string,
  problem: Problem,
  { nodes }: Architecture,
): Mapping {
  const loops: Loop[][] = nodes.map(() => []);
  const keeps = nodes.map(() => problem.operands.map(() => false));
  const names = nodes.map(({ name }) => name);
  const seen = new Set<number>();
  let at = -1;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const fail = (found: string, expected: string): never => {
      throw new InputError(`${file}:${index + 1}: found ${found}, expected ${expected}`);
    };
    if (/^\s*-*\s*$/.test(line) || /<< Compute >>/.test(line)) continue;
    const [, level, kept = ''] = HEAD.exec(line) ?? [];
    if (level !== undefined) {
      at = nodeNamed(level, names);
      if (at < 0) {
        const near = nearestOf(level, names);
        fail(
          `level ${level}`,
          `${names.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`,
        );
      }
      if (seen.has(at)) fail(`level ${level} twice`, 'each level once');
      seen.add(at);
      for (const [, name] of kept.matchAll(/([A-Za-z_]\w*)\s*:/g)) {
        const operand = problem.operands.findIndex((own) => own.name === name);
        const known = problem.operands.map((own) => own.name);
        if (operand < 0) fail(`data-space ${name}`, known.join(', '));
        (keeps[at] as boolean[])[operand] = true;
      }
      continue;
    }
    const [, name, bound, space] = LOOP.exec(line) ?? [];
    if (name === undefined) fail(JSON.stringify(line.trim().slice(0, 60)), "'for P in [0:16)'");
    if (at < 0) fail('a loop', 'a level before it');
    const dimension = problem.dimensions.indexOf(name as string);
    if (dimension < 0) fail(`dimension ${name}`, problem.dimensions.join(', '));
    const steps = Number(bound);
    if (!(steps >= 1)) fail(`${bound} steps`, 'at least 1');
    if (space === undefined) {
      if (nodes[at]?.kind === 'array') fail('a loop in time', `one in space at ${names[at]}`);
      loops[at]?.push({ dimension, bound: steps, axis: null });
      continue;
    }
    const isX = space === 'Spatial' ? null : space === 'Spatial-X';
    const array = arrayFor(nodes, at, isX);
    if (array === null) fail('a loop in space', `an array inside ${names[at]}`);
    else loops[array.at]?.push({ dimension, bound: steps, axis: array.axis });
  }
  if (seen.size === 0) throw new InputError(`${file}: found no level, expected 'NAME [ ... ]'`);
  return { loops: loops.map((own) => own.filter(({ bound }) => bound > 1)), keeps };
}

/** Timeloop calls the array of container PE inter_PE_spatial. */
function nodeNamed(name: string, names: readonly string[]): number {
  const [, container] = /^inter_(.+)_spatial$/.exec(name) ?? [];
  const own = names.indexOf(name);
  return own >= 0 || container === undefined ? own : names.indexOf(container);
}
