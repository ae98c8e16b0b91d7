// A network in parts computes what it computes whole.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createReference } from '../../hw-models/host/reference.js';
import type { Model } from '../../workloads/model.js';
import { type Values, weightShapeOf } from '../../workloads/network.js';
import { partsOf } from '../../workloads/parts.js';
import { graphs } from '../hw-models/host/random-network.js';

const reference = createReference();

async function run(model: Model, inputs: ReadonlyMap<string, Values>, batch: number) {
  const loaded = await reference.load(model);
  try {
    return (await loaded.run(inputs, batch)).outputs;
  } finally {
    loaded.dispose();
  }
}

it('parts of a network, one after the other, make all its outputs', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({ min: 0, max: 60 }), async (random, max) => {
      const { model, inputs, batch } = random;
      const parts = partsOf(model.network, max);
      expect(parts.flatMap(({ layers }) => layers)).toEqual(model.network.layers);
      const known = new Map(inputs);
      for (const network of parts) {
        const weights = network.layers.flatMap((layer) => weightShapeOf(layer) ?? []);
        const count = weights.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
        expect(weights.length <= 1 || count <= max).toBe(true);
        const given = new Map(network.inputs.map(({ name }) => [name, known.get(name) as Values]));
        for (const [name, values] of await run({ ...model, network }, given, batch))
          known.set(name, values);
      }
      for (const [name, values] of await run(model, inputs, batch))
        if (!model.network.constants.has(name)) expect(known.get(name)).toEqual(values);
    }),
    { numRuns: 100 },
  );
});
