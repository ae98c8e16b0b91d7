// A closer look at what an explorer shows: a network's graph, why pruning buys what it buys, and what
// happened when in one layer. Runs in browsers too.

import type { Hardware, Recorder } from '../hw-models/contract.js';
import { InputError } from '../workloads/base/errors.js';
import { drawModel } from '../workloads/synthesis.js';
import { densitiesAt } from './densities.js';
import type { ExploredDesign } from './designs.js';
import type { Exploration, ExploredWorkload, Explorer, ExplorerQuestion } from './explore.js';
import { type GraphLayer, graphOf } from './network-graph.js';
import { tasksOf } from './trace.js';
import { type Why, whyOn } from './why.js';

/** What is asked of a design. */
export interface Inspected {
  readonly workload: ExploredWorkload;
  readonly design: ExploredDesign;
}

/** What happened when, in cycles from the layer's start. */
export interface LayerRecord {
  readonly layer: string;
  readonly kernel: string;
  /** To the end of slices and levels: of a frame, or of all where they run together. */
  readonly cycles: number;
  /** Names of tracks and of slices, which slices tell by their places here. */
  readonly tracks: readonly string[];
  readonly names: readonly string[];
  /** By slice; those of one track never overlap. */
  readonly track: Int32Array;
  readonly name: Int32Array;
  readonly from: Float64Array;
  readonly taken: Float64Array;
  /** Quantities over time: the mean from each cycle to the next. */
  readonly levels: readonly {
    readonly name: string;
    readonly from: readonly number[];
    readonly values: readonly number[];
  }[];
  /** What the model says of the record as a whole. */
  readonly notes: readonly string[];
}

export interface Inspector {
  graph(workload: string): readonly GraphLayer[];
  /** Layer by layer, of the whole network. */
  why(asked: Inspected): Promise<Why>;
  /** Designs on networks, one question after another. */
  sweep(questions: readonly ExplorerQuestion[]): Promise<readonly Exploration[]>;
  /** By the kernel that the layer is costed by: about `room` slices; null where none are known. */
  record(
    asked: Inspected,
    layer: string,
    kernel: string,
    room: number,
  ): Promise<LayerRecord | null>;
}

export function createInspector({ entryOf, prepared, bind, explore }: Explorer): Inspector {
  return {
    graph: (workload) => graphOf(entryOf(workload).network),
    async why({ workload, design }) {
      const { trace, tasks } = await prepared(workload);
      const { network, densities } = entryOf(workload.workload);
      const hardware = bind(design);
      const asked: Hardware = {
        ...hardware,
        cost: (of, kernel) => hardware.cost(of, kernel, workload.precision ?? undefined),
      };
      return whyOn(network.name, asked, design.kernel ?? undefined, tasks, (density) => {
        const drawn = densitiesAt(densities, { weightDensity: density, activationDensity: null });
        return tasksOf(drawModel(network, drawn, workload.seed), trace, workload.batch);
      });
    },
    async sweep(questions) {
      const found: Exploration[] = [];
      for (const question of questions) found.push(await explore(question));
      return found;
    },
    async record({ workload, design }, layer, kernel, room) {
      const { tasks } = await prepared(workload);
      const at = tasks.findIndex(({ name }) => name === layer);
      if (at < 0) throw new InputError(`found no layer '${layer}' that costs something`);
      const { recorder, recorded } = createRecord(room);
      bind(design).record(tasks, at, kernel, recorder);
      return recorded(layer, kernel);
    },
  };
}

function createRecord(room: number) {
  const slices: { track: number; name: number; from: number; taken: number }[] = [];
  const [tracks, names] = [new Map<string, number>(), new Map<string, number>()];
  const levels = new Map<string, { from: number[]; values: number[] }>();
  const notes: string[] = [];
  const placeOf = (all: Map<string, number>, text: string) => {
    const place = all.get(text) ?? all.size;
    all.set(text, place);
    return place;
  };
  const recorder: Recorder = {
    room,
    slice(track, name, from, taken) {
      slices.push({ track: placeOf(tracks, track), name: placeOf(names, name), from, taken });
    },
    level(name, from, value) {
      const level = levels.get(name) ?? { from: [], values: [] };
      levels.set(name, level);
      level.from.push(from);
      level.values.push(value);
    },
    note: (text) => notes.push(text),
  };
  const recorded = (layer: string, kernel: string): LayerRecord | null =>
    slices.length === 0
      ? null
      : {
          ...{ layer, kernel },
          cycles: [...levels.values()].reduce(
            (end, { from }) => Math.max(end, from.at(-1) ?? 0),
            slices.reduce((end, { from, taken }) => Math.max(end, from + taken), 0),
          ),
          ...{ tracks: [...tracks.keys()], names: [...names.keys()] },
          track: Int32Array.from(slices, ({ track }) => track),
          name: Int32Array.from(slices, ({ name }) => name),
          from: Float64Array.from(slices, ({ from }) => from),
          taken: Float64Array.from(slices, ({ taken }) => taken),
          levels: [...levels].map(([name, level]) => ({ name, ...level })),
          notes,
        };
  return { recorder, recorded };
}
