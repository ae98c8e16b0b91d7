// EIE's numbers as an executor: what the accelerator would answer, bit for bit, at the speed of a
// simulation.

import { invariant } from '../../workloads/base/errors.js';
import { weightsOf } from '../../workloads/model.js';
import { forwardLayer, resultOf } from '../../workloads/network.js';
import {
  type FixedLayer,
  isFixed,
  multiplyFixed,
  type Precision,
  prepareFixed,
} from '../eie/fixed.js';
import type { Executor } from './contract.js';
import { floatsOnly } from './fits.js';
import { createFramewise } from './framewise.js';

/**
 * Weighted layers in shared weights and fixed point, the others on what those leave, unrounded
 * until the next weighted layer reads it. EIE stores 4-bit codes and computes in 16 bits.
 */
export function createFixedPoint(name: string, precision: Precision): Executor {
  const { codeBits, fixedPointBits } = precision;
  return createFramewise({
    name,
    optIn: true,
    engine: `EIE's datapath bit for bit, ${2 ** codeBits - 1} shared weights a layer, ${fixedPointBits}-bit fixed point (times are this simulation's)`,
    prepare(model) {
      const prepared = new Map<string, FixedLayer>();
      return (layer, inputs) => {
        const weights = weightsOf(model, layer);
        const isWeighted = layer.kind === 'conv2d' || layer.kind === 'dense';
        if (!weights || !isWeighted || !isFixed(layer.demand) || floatsOnly(layer) !== null) {
          return forwardLayer(layer, weights, inputs);
        }
        const fixed = prepared.get(layer.name) ?? prepareFixed(layer, weights, precision);
        prepared.set(layer.name, fixed);
        const [input] = inputs;
        invariant(!!input, () => `layer ${layer.name} has no input`);
        const { values, fractions } = multiplyFixed(fixed, Float32Array.from(input.values));
        return [
          {
            ...resultOf(layer),
            values: Float32Array.from(values, (value) => value / 2 ** fractions.output),
          },
        ];
      };
    },
  });
}
