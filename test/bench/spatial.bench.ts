// How fast mappings are looked at, and how long all of ResNet-50 takes, on the preset `eyeriss-v2`.

import { loadHardware } from '../../hw-models/presets.node.js';
import type { SpatialConfig } from '../../hw-models/spatial/config.js';
import { architectureOf } from '../../hw-models/spatial/description/build.js';
import { DEFAULT_BUDGET } from '../../hw-models/spatial/layer.js';
import { denseRates } from '../../hw-models/spatial/mapper/rates.js';
import { mapOnThreads } from '../../hw-models/spatial/mapper/threads.node.js';
import { problemOf } from '../../hw-models/spatial/nest/from-demand.js';
import type { ConvolutionDemand } from '../../workloads/demand.js';
import type { BenchRow } from './row.js';

const PRESET = 'eyeriss-v2';

interface Shape {
  readonly inputs: number;
  readonly outputs: number;
  readonly extent: number;
  readonly kernel: number;
  readonly stride: number;
}

/** ResNet-50's convolutions and its last layer, each shape once (He et al., CVPR 2016, Table 1). */
function resnet50(): readonly Shape[] {
  const shapes: Shape[] = [{ inputs: 3, outputs: 64, extent: 112, kernel: 7, stride: 2 }];
  let inputs = 64;
  for (const [stage, width] of [64, 128, 256, 512].entries()) {
    const extent = 56 / 2 ** stage;
    const stride = stage === 0 ? 1 : 2;
    shapes.push(
      { inputs, outputs: width, extent: extent * stride, kernel: 1, stride: 1 },
      { inputs: width, outputs: width, extent, kernel: 3, stride },
      { inputs: width, outputs: 4 * width, extent, kernel: 1, stride: 1 },
      { inputs, outputs: 4 * width, extent, kernel: 1, stride },
      { inputs: 4 * width, outputs: width, extent, kernel: 1, stride: 1 },
      { inputs: width, outputs: width, extent, kernel: 3, stride: 1 },
    );
    inputs = 4 * width;
  }
  return [...shapes, { inputs, outputs: 1000, extent: 1, kernel: 1, stride: 1 }];
}

function demandOf({ inputs, outputs, extent, kernel, stride }: Shape): ConvolutionDemand {
  return {
    ...{ kind: 'convolution', images: 1, groups: 1, bias: false, activation: 'none' },
    ...{ input: [inputs, extent * stride, extent * stride], output: [outputs, extent, extent] },
    ...{ kernel: [kernel, kernel], stride: [stride, stride], dilation: [1, 1] },
    pad: [0, 0, 0, 0],
  };
}

/** Threads of the machine that the goal is stated for. */
const THREADS = 2;

export async function bench(): Promise<readonly BenchRow[]> {
  const { config } = loadHardware(PRESET);
  const architecture = architectureOf(PRESET, config as SpatialConfig);
  const options = { objective: 'both', budget: DEFAULT_BUDGET, pads: true } as const;
  const jobs = resnet50().map((shape) => {
    const problem = problemOf('layer', demandOf(shape), 1);
    return { problem, architecture, rates: denseRates(problem, architecture), options };
  });
  const run = async (threads: number) => {
    const start = performance.now();
    const found = await mapOnThreads(jobs, threads);
    const seconds = (performance.now() - start) / 1000;
    return { seconds, looked: found.reduce((all, one) => all + (one?.looked ?? 0), 0) };
  };
  const alone = await run(1);
  const together = await run(THREADS);
  const note = `${jobs.length} shapes on ${PRESET}, ${alone.looked} mappings`;
  return [
    {
      ...{ name: 'spatial_mappings_per_second', value: alone.looked / alone.seconds, unit: '1/s' },
      ...{ better: 'higher', note: `${note}, one thread` },
    },
    {
      ...{ name: 'spatial_resnet50_seconds', value: together.seconds, unit: 's' },
      ...{ better: 'lower', note: `${note}, ${THREADS} threads` },
    },
  ];
}
