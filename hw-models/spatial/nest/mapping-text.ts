// Mappings as one line of text, written and read: levels from the outermost in with '|' between
// them, each with its loops from the outermost in, 'dram: P8 Q2 | pes: M8x C4y | sums: M2'. What a
// level keeps stands in brackets where its description leaves that open: 'buffer [inputs]: Q4'.

import { InputError } from '../../../workloads/base/errors.js';
import { nearestOf } from '../../../workloads/base/nearest.js';
import type { Architecture } from '../description/architecture.js';
import type { Loop, Mapping } from './mapping.js';
import type { Problem } from './problem.js';

/** The mapping as text that {@link readMapping} reads. */
export function mappingLine(problem: Problem, { nodes }: Architecture, mapping: Mapping): string {
  return nodes
    .map((node, at) => {
      const loops = (mapping.loops[at] ?? []).map(
        ({ dimension, bound, axis }) => `${problem.dimensions[dimension]}${bound}${axis ?? ''}`,
      );
      const isOpen =
        node.kind === 'memory' &&
        problem.operands.some(({ name }) => (node.keeps[name] ?? 'bypass') === 'free');
      const kept = problem.operands.flatMap(({ name }, operand) =>
        mapping.keeps[at]?.[operand] ? [name] : [],
      );
      const head = isOpen ? `${node.name} [${kept.join(' ')}]` : node.name;
      return loops.length > 0 ? `${head}: ${loops.join(' ')}` : head;
    })
    .join(' | ');
}

/**
 * A mapping from its text. Loops may round a dimension up; `where` names the text in messages.
 * @throws InputError for levels, loops or operands that there are not.
 */
export function readMapping(
  text: string,
  problem: Problem,
  { nodes }: Architecture,
  where: string,
): { readonly mapping: Mapping; readonly problem: Problem } {
  const fail = (found: string, expected: string): never => {
    throw new InputError(`${where}: found ${found}, expected ${expected}`);
  };
  const loops: (readonly Loop[])[] = nodes.map(() => []);
  const keeps = nodes.map((node) =>
    problem.operands.map(({ name }) => node.kind === 'memory' && node.keeps[name] === 'keep'),
  );
  const stated = new Set<number>();
  for (const part of text.split('|')) {
    const [, name = '', kept, own = ''] =
      /^\s*([\w-]+)\s*(?:\[([^\]]*)\])?\s*(?::\s*(.*?))?\s*$/.exec(part) ??
      fail(JSON.stringify(part.trim()), "a level and its loops, such as 'buffer: P8 Q2'");
    const at = nodes.findIndex((node) => node.name === name);
    const names = nodes.map((node) => node.name);
    const near = nearestOf(name, names, 2);
    if (at < 0) fail(`level ${name}`, near === null ? names.join(', ') : `${near}, or another`);
    if (stated.has(at)) fail(`level ${name} twice`, 'each level once');
    stated.add(at);
    loops[at] = own
      .split(/\s+/)
      .filter(Boolean)
      .map((loop) => loopOf(loop, problem, fail));
    if (kept === undefined) continue;
    const words = kept.split(/[\s,]+/).filter(Boolean);
    for (const word of words) {
      const known = problem.operands.map((operand) => operand.name);
      if (!known.includes(word)) fail(`operand ${word}`, known.join(', '));
    }
    keeps[at] = problem.operands.map((operand) => words.includes(operand.name));
  }
  const sizes = problem.dimensions.map((dimension, at) => {
    const whole = loops
      .flat()
      .reduce((steps, loop) => (loop.dimension === at ? steps * loop.bound : steps), 1);
    const size = problem.sizes[at] as number;
    if (whole < size) fail(`loops of ${whole} steps over ${dimension}`, `at least ${size}`);
    return whole;
  });
  return { mapping: { loops, keeps }, problem: { ...problem, sizes } };
}

function loopOf(
  text: string,
  { dimensions }: Problem,
  fail: (found: string, expected: string) => never,
): Loop {
  const [, name = '', steps, axis] =
    /^([A-Z])([1-9]\d{0,8})([xy]?)$/.exec(text) ??
    fail(`loop ${JSON.stringify(text)}`, "a dimension and its steps, such as 'M16' or 'M16x'");
  const dimension = dimensions.indexOf(name);
  if (dimension < 0) fail(`dimension ${name}`, dimensions.join(', '));
  return { dimension, bound: Number(steps), axis: axis === 'x' || axis === 'y' ? axis : null };
}
