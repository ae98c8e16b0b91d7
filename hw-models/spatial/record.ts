// Records the walk of a mapped layer through its outer loops: which tiles come in at which step. The
// model knows means, so every step takes as long as every other, and each memory's ports and the
// compute units take their even share of each; their sums are the cost's. All frames are walked, as
// the nest runs them together.

import type { Recorder } from '../contract.js';
import type { SpatialCost } from './cost/cost.js';
import type { Architecture } from './description/architecture.js';
import type { MappedLayer } from './layer.js';
import { dependsOn, type Operand, type Problem } from './nest/problem.js';

/** A loop in time that is walked step by step. */
interface Walked {
  readonly node: number;
  readonly dimension: number;
  readonly bound: number;
}

/** Who takes part in a step, from its start on. */
interface Track {
  readonly name: string;
  readonly cyclesPerStep: number;
  /** What it does, where `moved` is the outermost loop that went on. */
  readonly doing: (moved: number) => string;
}

const UNITS = 'units at work';

export function recordLayer(layer: MappedLayer, recorder: Recorder): void {
  const { architecture, cost, mapped } = layer;
  const { problem } = mapped;
  const compute = (cost.cycles.get('compute') ?? 0) + (cost.cycles.get('imbalance') ?? 0);
  const fill = cost.cycles.get('fill') ?? 0;
  const longest = cost.totalCycles - fill;
  const loops = walkedLoops(layer, recorder.room / (cost.portCycles.size + 1));
  const steps = loops.reduce((product, { bound }) => product * bound, 1);
  const tracks: readonly Track[] = [
    { name: architecture.compute.name, cyclesPerStep: compute / steps, doing: () => '' },
    ...portTracks(architecture, problem, cost, loops, steps),
  ];
  if (fill > 0)
    recorder.slice(tracks[0]?.name ?? '', 'wait for the first tiles and the last sums', 0, fill);
  recorder.note(
    "Steps over tiles, each with its even share of the ports' and units' cycles: the model knows means.",
  );
  recorder.level(UNITS, 0, 0);
  recorder.level(UNITS, fill, longest > 0 ? (cost.accesses.units * compute) / longest : 0);
  recorder.level(UNITS, fill + longest, 0);
  const places = loops.map(() => 0);
  for (let step = 0; step < steps; step++) {
    const start = fill + (step * longest) / steps;
    const moved = step === 0 ? 0 : advance(places, loops);
    const at = loops.map(
      ({ dimension }, loop) => `${problem.dimensions[dimension]}${places[loop]}`,
    );
    const tile = at.length > 0 ? `tile ${at.join(' ')}` : 'the whole layer';
    for (const { name, cyclesPerStep, doing } of tracks) {
      if (cyclesPerStep > 0) recorder.slice(name, doing(moved) || tile, start, cyclesPerStep);
    }
  }
}

/** Loops from the outermost in, as long as there is room for all their steps. */
function walkedLoops({ mapped: { mapping } }: MappedLayer, room: number): readonly Walked[] {
  const loops: Walked[] = [];
  let steps = 1;
  for (const [node, own] of mapping.loops.entries()) {
    for (const { dimension, bound, axis } of own) {
      if (bound === 1 || axis !== null) continue;
      steps *= bound;
      if (steps > room) return loops;
      loops.push({ node, dimension, bound });
    }
  }
  return loops;
}

/** The next step of the loops; returns the outermost that went on. */
function advance(places: number[], loops: readonly Walked[]): number {
  for (let loop = loops.length - 1; loop >= 0; loop--) {
    const next = (places[loop] as number) + 1;
    places[loop] = next < (loops[loop] as Walked).bound ? next : 0;
    if (places[loop] !== 0) return loop;
  }
  return 0;
}

function portTracks(
  { nodes }: Architecture,
  { operands }: Problem,
  { portCycles, accesses }: SpatialCost,
  loops: readonly Walked[],
  steps: number,
): readonly Track[] {
  return accesses.memories.flatMap(({ node, name, operands: kept }): readonly Track[] => {
    const cycles = portCycles.get(name);
    if (cycles === undefined) return [];
    const isOutermost = nodes[node] === nodes[0];
    const own = kept.map(({ operand }) => operands.find((one) => one.name === operand) as Operand);
    // By the outermost loop that went on: all within it began anew.
    const arriving = loops.map((_, moved) =>
      own.filter((operand) =>
        loops.slice(moved).some((loop) => loop.node < node && dependsOn(operand, loop.dimension)),
      ),
    );
    const doing = (moved: number) => {
      const names = (loops.length === 0 ? own : (arriving[moved] ?? [])).map((one) => one.name);
      return isOutermost || names.length === 0
        ? 'serve the tiles further in'
        : `fetch ${names.join(', ')}`;
    };
    return [{ name, cyclesPerStep: cycles / steps, doing }];
  });
}
