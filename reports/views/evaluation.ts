// Accesses by level and data-space, cycles and energy of a design that came as Timeloop's files.

import type { EvaluatedDesign } from '../../sim/timeloop.node.js';
import { left, right, type View } from '../document.js';
import { count, quantity } from '../quantity.js';

/** Times of what is done, and what of it is gated or skipped where something is. */
interface Split {
  readonly done: number;
  readonly gated: number;
  readonly skipped: number;
}

const splitText = ({ done, gated, skipped }: Split): string =>
  [
    count(done),
    ...(gated > 0 ? [`${count(gated)} gated`] : []),
    ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
  ].join(', ');

/** As they are where there is room, else wrapped. */
const loopsIn = (loops: readonly string[], columns: number) =>
  loops.every((loop) => loop.length <= columns) ? { text: loops } : { lines: loops };

export function evaluationView(evaluated: EvaluatedDesign): View {
  const { design, problem, evaluation, knowsJoules, loops, looked, notes } = evaluated;
  const { levels, compute, cycles, joules } = evaluation;
  const energy = (value: number) => (knowsJoules ? quantity(value, 'J') : '–');
  const chosen =
    looked === null ? 'the mapping that came with it' : `the best of ${count(looked)} mappings`;
  return {
    title: 'zeroskip hardware evaluate',
    sections: ({ columns }) => [
      {
        heading: `${problem} on ${design}`,
        summary: true,
        lines: [
          `${chosen}: ${count(cycles)} cycles, ${energy(joules)}`,
          `${compute.name}: ${splitText(compute.left)} of ${count(compute.all)} products on ${count(compute.units)} units, ${count(compute.cycles)} cycles, ${energy(compute.joules)}`,
        ],
        notes,
      },
      {
        heading: 'Accesses of one instance',
        table: {
          columns: [
            left('level'),
            right('instances'),
            left('data-space'),
            right('tile'),
            right('reads'),
            right('fills'),
            right('updates'),
            right('energy'),
            right('cycles'),
          ],
          rows: levels.flatMap((level) =>
            level.spaces.map((space, at) => [
              ...(at === 0 ? [level.name, count(level.instances)] : ['', '']),
              ...[space.operand, count(space.dense.tile)],
              ...[space.reads, space.fills, space.updates].map(splitText),
              energy(space.joules),
              at === 0 ? count(level.cycles) : '',
            ]),
          ),
        },
      },
      { heading: 'Loop nest', ...loopsIn(loops.split('\n'), columns) },
    ],
    json: () => ({
      ...{ design, problem, cycles, mappings: looked, notes },
      joules: knowsJoules ? joules : null,
      compute: {
        ...{ name: compute.name, units: compute.units, all: compute.all, cycles: compute.cycles },
        ...{ ...compute.left, joules: knowsJoules ? compute.joules : null },
      },
      levels: levels.map(({ name, instances, spaces, ...level }) => ({
        ...{ name, instances, cycles: level.cycles },
        joules: knowsJoules ? level.joules : null,
        data_spaces: spaces.map(({ operand, dense, reads, fills, updates, ...space }) => ({
          ...{ name: operand, tile: dense.tile, reads, fills, updates },
          format_reads: space.formatReads.done,
          format_fills: space.formatFills.done,
          format_updates: space.formatUpdates.done,
          dense: { reads: dense.reads, fills: dense.fills, updates: dense.updates },
          joules: knowsJoules ? space.joules : null,
        })),
      })),
      loops,
    }),
    records: () => ({
      columns: [
        ...['level', 'instances', 'data_space', 'tile'],
        ...['reads', 'gated_reads', 'skipped_reads', 'fills', 'updates'],
        ...['gated_updates', 'skipped_updates', 'joules'],
      ],
      rows: levels.flatMap(({ name, instances, spaces }) =>
        spaces.map(({ operand, dense, reads, fills, updates, ...space }) => [
          ...[name, instances, operand, dense.tile, reads.done, reads.gated, reads.skipped],
          ...[fills.done, updates.done, updates.gated, updates.skipped],
          knowsJoules ? space.joules : null,
        ]),
      ),
    }),
  };
}
