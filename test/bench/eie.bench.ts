// How fast the EIE model is: its timing engine alone on the nine layers of the EIE benchmark, and a
// whole SqueezeNet.

import { layoutsOf } from '../../hw-models/eie/layout.js';
import { createTimer, findActive } from '../../hw-models/eie/timing.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import { tasksOf as tasksIn, traceRandom } from '../../sim/trace.js';
import type { LayerTask } from '../../workloads/network.js';
import { drawModel } from '../../workloads/synthesis.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { groups, zoo } from '../../workloads/zoo/index.js';
import type { BenchRow } from './row.js';

const PES = 64;
const CLOCK_HZ = 800e6;
const INDEX_BITS = 4;
const MACHINE = { queueDepth: 8, groupFetchCycles: 1, pipelineStages: 6 };
const WARM_UP = 20;
const RUNS = 41;

export async function bench(): Promise<readonly BenchRow[]> {
  return [...nineLayers(), squeezenet()];
}

function nineLayers(): readonly BenchRow[] {
  const layers = (groups.get('eie-benchmark') ?? [])
    .flatMap((name) => tasksOf(entryOf(name)))
    .map(encoded);
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  let cycles = 0;
  const runAll = () => {
    cycles = 0;
    for (const { layout, active, count } of layers) {
      const timer = createTimer(layout, MACHINE);
      timer.run(active, count);
      cycles += timer.total().cycles;
    }
  };
  for (let i = 0; i < WARM_UP; i++) runAll();
  const seconds = median(Array.from({ length: RUNS }, () => secondsOf(runAll)));
  const work = `nine layers of the EIE benchmark, 64 PEs, ${macs} effective MACs, ${cycles} cycles`;
  return [
    {
      name: 'eie_nine_layers_ms',
      value: seconds * 1e3,
      unit: 'ms',
      better: 'lower',
      note: `${work}; timing alone`,
    },
    {
      name: 'eie_macs_per_second',
      value: macs / seconds,
      unit: '1/s',
      better: 'higher',
      note: work,
    },
    {
      name: 'eie_slowdown',
      value: seconds / (cycles / CLOCK_HZ),
      unit: 'ratio',
      better: 'lower',
      note: 'simulation time over modelled time, the same nine layers',
    },
  ];
}

/** A layer with its layout and active columns at hand, as a sweep meets it. */
function encoded(task: LayerTask) {
  if (!task.weights) throw new Error(`${task.name} has no weights`);
  const [layout] = layoutsOf(task.weights, 1, PES, INDEX_BITS);
  if (!layout) throw new Error(`${task.name} has no layout`);
  const active = new Int32Array(layout.columns);
  return {
    layout,
    active,
    count: findActive(task.input.values, layout, active),
    macs: task.macs.effective,
  };
}

function squeezenet(): BenchRow {
  const tasks = tasksOf(entryOf('squeezenet-1.0'));
  const hardware = loadHardware('eie-64');
  // Activations of their own for each run: results are remembered by them.
  const run = () =>
    void hardware.cost(tasks.map((task) => ({ ...task, input: { ...task.input } })));
  run();
  const value = median(Array.from({ length: 5 }, () => secondsOf(run)));
  const note =
    'modelling all of SqueezeNet 1.0 on eie-64, time and energy, every output pixel; weights encoded';
  return { name: 'squeezenet_eie_seconds', value, unit: 's', better: 'lower', note };
}

function entryOf(name: string): ZooEntry {
  const entry = zoo.get(name);
  if (!entry) throw new Error(`no network ${name}`);
  return entry;
}

function tasksOf({ network, densities }: ZooEntry): readonly LayerTask[] {
  const { inputs, tensors } = traceRandom(network, densities, 0);
  return tasksIn(drawModel(network, densities, 0), { inputs, tensors }, 1).map((task) => ({
    ...task,
  }));
}

function secondsOf(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1e3;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
