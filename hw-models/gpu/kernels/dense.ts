// Dense layers in 32-bit floats as cuBLAS and cuDNN run them: GEMV for one column, tiled GEMM for
// more, batched where there are several matrices, and convolutions by the fastest of the libraries'
// algorithms, each of which also serves by name.

import type { LayerTask } from '../../../workloads/network.js';
import type { Kernel, LayerCost, Residency } from '../../contract.js';
import { isWeighted, rightWordBytes } from '../../work.js';
import type { GpuConfig } from '../config.js';
import { type Way, waysOf } from './convolution.js';
import { costOf, type Footprint, footprintOf, secondsAtFullClock, WORD_BYTES } from './cost.js';
import { type Gemm, gemmOf, keptWeights } from './gemm.js';
import { MAX_VECTORS, planGemv } from './gemv.js';
import { lanes, type Planned, planProduct } from './plan.js';

export const dense: Kernel<GpuConfig> = {
  name: 'dense',
  accepts: isWeighted,
  cost: (task, config, residency) => costDense(task, config, residency),
};

/** A kernel that computes convolutions by one algorithm, and all else as `dense` does. */
const byName = (algorithm: Way['algorithm']): Kernel<GpuConfig> => ({
  name: algorithm,
  optIn: true,
  accepts: isWeighted,
  cost: (task, config, residency) => costDense(task, config, residency, algorithm),
});

export const implicitGemm = byName('implicit-gemm');
export const winograd = byName('winograd');
export const fft = byName('fft');

/**
 * The fastest way; of convolutions the one of that name, where it is one that serves the layer.
 */
export function costDense(
  task: LayerTask,
  config: GpuConfig,
  residency: Residency,
  algorithm?: Way['algorithm'],
): LayerCost {
  const { demand, macs, batch } = task;
  const gemm = gemmOf(task);
  const footprint = footprintOf(task, gemm.weights * WORD_BYTES, config, residency);
  const work = { footprint, macs: macs.dense * batch, nonzeros: keptWeights(task) };
  if (demand.kind === 'convolution') {
    const ways = waysOf({ demand, gemm, footprint, batch, wordBytes: WORD_BYTES, config });
    const named = ways.filter((way) => way.algorithm === algorithm);
    const best = fastest(named.length > 0 ? named : ways, config);
    return costOf({ ...work, ...best, kernel: algorithm ?? 'dense' }, config);
  }
  const isKept = demand.kind !== 'product' || demand.right === 'weights';
  const matrixBytes = isKept ? WORD_BYTES : rightWordBytes(demand, WORD_BYTES);
  const plans = productPlans(gemm, footprint, config, matrixBytes);
  const best = fastest(
    plans.map(({ launch, beside, macSlots }) => ({ launches: [launch, ...beside], macSlots })),
    config,
  );
  return costOf({ ...work, ...best, kernel: 'dense' }, config);
}

/** `matrixBytes`: of an element of the matrix that streams by, in memory. */
function productPlans(
  gemm: Gemm,
  footprint: Footprint,
  config: GpuConfig,
  matrixBytes: number,
): readonly Planned[] {
  const { columns, depth } = gemm;
  const gemv = () => planGemv(gemm, footprint, config, WORD_BYTES, matrixBytes);
  if (columns === 1) return [gemv()];
  const tiled = planTiled(gemm, footprint, config);
  const isFew = columns <= MAX_VECTORS && depth >= 2 * config.library.splitDepth;
  return isFew ? [tiled, gemv()] : [tiled];
}

function planTiled(gemm: Gemm, footprint: Footprint, config: GpuConfig): Planned {
  const { rows, depth, columns, count } = gemm;
  const { weightBytes, rightBytes, outputBytes } = footprint;
  return planProduct(
    {
      ...{ rows, depth, columns, count, outputBytes },
      leftBytes: weightBytes + rightBytes,
      rightBytes: count * depth * columns * WORD_BYTES,
      dramBytes: footprint.dramWeightBytes + footprint.dramActivationBytes,
      isConvolution: false,
    },
    lanes(config, config.gemmEfficiency),
    config,
  );
}

export function fastest<One extends Pick<Way, 'launches'>>(
  ways: readonly One[],
  config: GpuConfig,
): One {
  const time = ({ launches }: One) => secondsAtFullClock(launches, config);
  return ways.reduce((best, way) => (time(way) < time(best) ? way : best));
}
