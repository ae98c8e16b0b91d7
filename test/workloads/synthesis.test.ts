import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../workloads/graph.js';
import { drawInputs } from '../../workloads/synthesis.js';
import { conv } from '../../workloads/zoo/entry.js';

const source = { work: 'a test', at: 'here' };

describe('drawn inputs', () => {
  const layers = [
    conv('a', 8, 1),
    conv('b', 24, 1, { inputs: ['data'] }),
    { kind: 'concat' as const, name: 'both', inputs: ['a', 'b'] },
    conv('c', 32, 1),
    { kind: 'add' as const, name: 'sum', inputs: ['both', 'c'], activation: 'none' as const },
    conv('last', 1, 1),
  ];
  const network = buildNetwork({ name: 'net', title: 'net', input: [4, 50, 50], layers, source });
  const published = { a: 0.2, b: 0.6, c: 0.3, last: 1 };
  const profile = {
    source,
    input: 1,
    layers: Object.fromEntries(Object.entries(published).map(([name, output]) => [name, { weights: 1, output }])),
  };
  const densityAt = (name: string) => drawInputs(network, profile, 0).get(name)?.density;

  it('mix the densities of what is concatenated by its size', () => {
    expect(densityAt('c')).toBeWithin(0.01, (8 * 0.2 + 24 * 0.6) / 32);
  });

  it('are zero after a sum where all of its inputs are', () => {
    expect(densityAt('last')).toBeWithin(0.01, 1 - (1 - 0.5) * (1 - 0.3));
  });
});
