// Predicted beside measured: one point a layer and executor.

import type { Hardware, LayerCost } from '../../hw-models/contract.js';
import { secondsOf } from '../../hw-models/cost.js';
import { invariant } from '../../workloads/base/errors.js';
import type { LayerKind, LayerTask, Network } from '../../workloads/network.js';
import { isDepthwise } from '../../workloads/operators/window.js';
import type { MeasuredNetwork } from './measure.js';

export interface Point {
  readonly network: string;
  readonly executor: string;
  readonly layer: string;
  readonly kind: LayerKind;
  /**
   * All that the layer is but its name: two of the same shape are the same work, whatever networks
   * they are of.
   */
  readonly shape: string;
  /** A convolution of each channel by itself. */
  readonly isDepthwise: boolean;
  /** Which of the executor's kernels ran it. */
  readonly kernel: string;
  /** Best of all runs. */
  readonly measuredSeconds: number;
  /**
   * Whether there was anything to be timed: not in a layer that another one was merged into or that
   * makes no call.
   */
  readonly isTimed: boolean;
  /** Median over best. */
  readonly spread: number;
  /** By the calibrated model, nothing fitted. */
  readonly modelledSeconds: number;
  readonly bound: string;
  /** Multiply-accumulates that the kernel does not skip; 0 for a layer without weights. */
  readonly macs: number;
  /** Gone through at least once: weights that are read, inputs, outputs, scratch memory. */
  readonly bytes: number;
}

/**
 * Executors that leave it to a plan which kernel runs a layer: the model is asked for the kernel
 * that ran.
 */
const PLANNING: readonly string[] = ['auto', 'native-auto'];

/** The points of one network. Executors that `model` has no kernel for are left out. */
export function pointsOf(
  { name: network, layers: all }: Network,
  tasks: readonly LayerTask[],
  measured: readonly MeasuredNetwork[],
  model: Hardware,
): readonly Point[] {
  const kinds = new Map(all.map(({ name, kind }) => [name, kind]));
  return measured.flatMap(({ executor, layers }) => {
    const kernel = PLANNING.includes(executor) ? layers.map((layer) => layer.kernel) : executor;
    return model.cost(tasks, kernel).map((cost: LayerCost, at): Point => {
      const [run, task] = [layers[at], tasks[at]];
      invariant(
        run !== undefined && task !== undefined && run.layer === task.name,
        `${network}: other layers ran`,
      );
      return {
        ...{
          network,
          executor,
          layer: run.layer,
          kernel: run.kernel,
          kind: kinds.get(run.layer) as LayerKind,
        },
        shape: JSON.stringify(task.demand),
        isDepthwise: task.demand.kind === 'convolution' && isDepthwise(task.demand),
        ...{
          measuredSeconds: run.seconds,
          spread: run.spread,
          modelledSeconds: secondsOf(cost),
          bound: cost.bound,
        },
        isTimed: run.seconds > 0 && cost.counters.calls !== 0,
        macs: cost.counters.macs ?? 0,
        bytes: cost.counters.footprint_bytes ?? 0,
      };
    });
  });
}
