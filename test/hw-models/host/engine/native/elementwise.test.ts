// Native sums and ReLUs against the plain forward pass.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { nativeElementwise } from '../../../../../hw-models/host/engine/native/elementwise.js';
import { library } from '../../native-library.js';
import { expectInEngine, type NativeCase } from './agreement.js';

const extent = fc.integer({ min: 1, max: 19 });
const common = {
  input: fc.oneof(fc.tuple(extent), fc.tuple(fc.integer({ min: 1, max: 5 }), extent, extent)),
  density: fc.constant(1),
  inputDensity: fc.double({ min: 0, max: 1, noNaN: true }),
  batch: fc.integer({ min: 1, max: 3 }),
  threads: fc.constantFrom(1, 1, 1, 2),
  seed: fc.nat(),
};
const layers: Readonly<Record<string, fc.Arbitrary<NativeCase['layer']>>> = {
  'native-add': fc.record({
    kind: fc.constant('add' as const),
    name: fc.constant('layer'),
    inputs: fc.integer({ min: 1, max: 4 }).map((count): string[] => Array(count).fill('data')),
    activation: fc.constantFrom('relu' as const, 'relu6' as const, 'none' as const),
  }),
  'native-relu': fc.record({
    kind: fc.constant('relu' as const),
    name: fc.constant('layer'),
    activation: fc.constantFrom('relu' as const, 'relu6' as const),
  }),
};

describe.skipIf(library === null)('native rows without weights', () => {
  it.each(nativeElementwise)('$name', async (row) => {
    const layer = layers[row.name];
    if (!layer) throw new Error(`no cases for ${row.name}`);
    await fc.assert(
      fc.asyncProperty(fc.record({ ...common, layer }), (one) => expectInEngine(row, one)),
      { numRuns: 100 },
    );
  });
});
