// Fully connected layers for a vector, or the few of a batch, column by column of the weights: a
// column whose activation is zero is neither read nor multiplied. The host's own is
// hw-models/host/native/c/fully-connected.c (zs_columns_dense); no library has it, so it serves by
// name.

import { invariant } from '../../../workloads/base/errors.js';
import type { Kernel } from '../../contract.js';
import { isVectorProduct, outputElements, weightShapeOf } from '../../work.js';
import { account } from '../account.js';
import { arithmeticOf, type CpuPrecision, computesIn } from '../arithmetic.js';
import type { CpuConfig } from '../config.js';
import { shareOfFullest } from '../ecm.js';
import {
  activationsHome,
  addTransfers,
  competingBytes,
  denseWeightElements,
  stream,
  weightsHomeOf,
  write,
} from '../memory.js';
import { multiplyingCycles } from './dense.js';

/** Columns whose products are added to a sum between its load and its store, as the host has it. */
const TOGETHER = 4;

const NOTE = 'columns of weights whose activation is zero are not read';

function kernelOf(precision: Extract<CpuPrecision, 'fp32' | 'fp16' | 'bf16'>): Kernel<CpuConfig> {
  const name = precision === 'fp32' ? 'columns' : `columns-${precision}`;
  return {
    ...{ name, precision, optIn: true },
    available: (config) => computesIn(config, precision),
    accepts: (demand) => isVectorProduct(demand) && demand.right === 'weights',
    cost(task, config, residency) {
      const { demand, batch } = task;
      const shape = weightShapeOf(demand);
      invariant(shape !== null, () => `layer ${task.name}: no weights`);
      const { cores } = config.dense;
      const arithmetic = arithmeticOf(config, precision);
      const { bytes, lanes } = arithmetic;
      const { density } = task.input;
      // Of a batch: columns that any frame has an activation for.
      const met = 1 - (1 - density) ** batch;
      const storedBytes = denseWeightElements(task) * bytes;
      const weightBytes = met * shape.rows * shape.columns * bytes + shape.biases * bytes;
      const weightsHome = weightsHomeOf(competingBytes(task, residency, bytes), config, cores);
      const home = activationsHome(task, config, cores, bytes);
      const outputs = outputElements(demand) * batch;
      const macs = task.macs.dense * density * batch;
      const sums = macs / lanes / TOGETHER;
      const { loadsPerCycle, storesPerCycle } = config.simd;
      const loads = (met * shape.rows * shape.columns + shape.columns * batch) / lanes + sums;
      const work = {
        arithmeticCycles: multiplyingCycles(macs, arithmetic, config),
        loadStoreCycles: loads / loadsPerCycle + (sums + outputs / lanes) / storesPerCycle,
        transfers: addTransfers(
          stream(weightBytes, weightsHome, config),
          stream(shape.columns * batch * bytes, home, config),
          write(outputs * bytes, home, config),
        ),
        cores,
        fullestShare: shareOfFullest(shape.rows / lanes, cores),
        supplyShare: config.dense.streamShare,
      };
      return account(
        {
          ...{ kernel: name, phases: [{ work }], cores, calls: 1 },
          ...{ macs, executedMacs: macs, operations: 0, arithmetic, lanes, nonzeros: null },
          ...{ weightBytes, storedBytes, weightsHome, inputsRead: 'all', notes: [NOTE] },
        },
        ...([task, config, residency] as const),
      );
    },
  };
}

export const columnsKernels: readonly Kernel<CpuConfig>[] = (['fp32', 'fp16', 'bf16'] as const).map(
  kernelOf,
);
