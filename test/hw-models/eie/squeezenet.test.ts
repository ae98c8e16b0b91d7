// The compressed SqueezeNet on EIE: what it answers, computed bit for bit, and what every layer
// costs on the activations that it meets there.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cyclesOf, joulesOf } from '../../../hw-models/cost.js';
import { createExecutor } from '../../../hw-models/host/executors.js';
import { topClasses } from '../../../sim/output-check.js';
import { tasksOf } from '../../../sim/trace.js';
import { readImage } from '../../../workloads/formats/images/image.node.js';
import { readNetFile } from '../../../workloads/formats/net-file.js';
import type { Activations } from '../../../workloads/network.js';
import { meets } from '../../../workloads/random-inputs.js';
import { imagenetPreprocessing } from '../../../workloads/zoo/preprocessing.js';
import { squeezenet10 } from '../../../workloads/zoo/squeezenet.js';
import { catPicture, squeezenetNet } from '../../assets.js';
import { eie64, replace } from './layer-task.js';

const missing = squeezenetNet.missing || catPicture.missing;

describe(`the compressed SqueezeNet on EIE${missing ? ' (assets missing)' : ''}`, () => {
  it.skipIf(missing)(
    'keeps its top five with the 8-bit codes of the file, every pixel of every layer costed',
    async () => {
      const { network } = squeezenet10;
      const weights = readNetFile(readFileSync(squeezenetNet.path), network, squeezenetNet.path);
      const model = { network, weights, origin: 'real' as const };
      const input = await readImage(
        readFileSync(catPicture.path),
        imagenetPreprocessing(227),
        catPicture.path,
      );
      const tensors = new Map<string, Activations>();
      const loaded = await createExecutor('eie-8bit').load(model);
      const { outputs } = await loaded.run(input, 1, {
        onInputs(layer, inputs) {
          for (const [at, name] of layer.inputs.entries()) {
            const tensor = inputs[at];
            if (tensor) tensors.set(name, meets(tensor, 'real'));
          }
        },
      });
      loaded.dispose();
      const top = topClasses(model, outputs).map((one) => one.class);
      // The five that plain passes over the same weights find, in another order from the fourth on
      // at the most.
      expect(new Set(top)).toEqual(new Set([278, 277, 263, 281, 280]));
      expect(top[0]).toBe(278);

      const tasks = tasksOf(model, { inputs: new Map([['data', input]]), tensors }, 1);
      const wide = eie64.vary([replace(8, 'codeBits')]);
      for (const hardware of [eie64, wide]) {
        const costs = hardware.cost(tasks);
        const kernels = new Set(costs.map((cost) => cost.kernel));
        expect([...kernels].sort()).toEqual(['elementwise', 'im2col', 'sparse', 'winograd']);
        for (const [at, cost] of costs.entries()) {
          const demand = tasks[at]?.demand;
          if (demand?.kind !== 'convolution' || cost.kernel === 'winograd') continue;
          expect(cost.counters.vectors).toBe(demand.output[1] * demand.output[2]);
          expect(cost.counters.executed_macs).toBe(tasks[at]?.macs.effective);
        }
        // 64 PEs do 64 a cycle at most; Winograd may do more of the definition’s, but not on these
        // few layers.
        const cycles = costs.reduce((sum, cost) => sum + cyclesOf(cost), 0);
        const macs = tasks.reduce((sum, task) => sum + task.macs.effective, 0);
        expect(macs / cycles).toBeGreaterThan(20);
        expect(macs / cycles).toBeLessThan(64);
        expect(costs.every((cost) => (joulesOf(cost) ?? 0) > 0)).toBe(true);
      }
    },
  );
});
