// Images as vectors of features: the same values without the planes' filling.

import { relaxed, wasm } from '../convolution.wasm.js';
import type { Scratch, Step, Tensor } from './kernel.js';
import { callerOf, planeOf } from './rows.js';
import { FLOAT } from './tensor.js';

const call = callerOf({ name: 'convolution', wasm, relaxed });

/** The tensor as features, and the steps that make it so: none where its planes have no filling. */
export function closeUp(input: Tensor, batch: number, scratch: Scratch): { tensor: Tensor; steps: readonly Step[] } {
  const pixels = input.height * input.width;
  const features = { channels: input.channels * pixels, height: 1, width: 1, planeBytes: FLOAT };
  if (input.planeBytes === pixels * FLOAT) return { tensor: { ...input, ...features }, steps: [] };
  const frameBytes = features.channels * FLOAT;
  const tensor = { ...features, address: scratch.take(batch * frameBytes), frameBytes };
  const step = Array.from({ length: batch }, (_, frame) => {
    const [from, to] = [planeOf(input, frame), planeOf(tensor, frame)];
    return call('compact', from, to, input.channels, 1, pixels, pixels, input.planeBytes, pixels * FLOAT);
  });
  return { tensor, steps: [step] };
}
