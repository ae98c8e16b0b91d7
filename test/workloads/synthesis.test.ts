import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../workloads/graph.js';
import { drawModel, drawTensors, sharesDraws } from '../../workloads/synthesis.js';
import { floats } from '../../workloads/tensor.js';
import { nonzerosOf } from '../../workloads/weights/entries.js';
import { conv, dense } from '../../workloads/zoo/entry.js';

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
    layers: Object.fromEntries(
      Object.entries(published).map(([name, output]) => [name, { weights: 1, output }]),
    ),
  };
  const densityAt = (name: string) => {
    const layer = network.layers.find((each) => each.name === name);
    return drawTensors(network, profile, 0).get(layer?.inputs[0] ?? '')?.density;
  };

  it('mix the densities of what is concatenated by its size', () => {
    expect(densityAt('c')).toBeWithin(0.01, (8 * 0.2 + 24 * 0.6) / 32);
  });

  it('are zero after a sum where all of its inputs are', () => {
    expect(densityAt('last')).toBeWithin(0.01, 1 - (1 - 0.5) * (1 - 0.3));
  });
});

describe('drawn tensors', () => {
  it('are the same whenever they are asked for, in any order', () => {
    const network = buildNetwork({
      name: 'net',
      title: 'net',
      input: [2, 8, 8],
      layers: [conv('a', 4, 3), conv('b', 4, 3)],
      source,
    });
    const profile = { source, input: 0.5, layers: { a: { weights: 1, output: 0.3 } } };
    const [one, other] = [drawTensors(network, profile, 3), drawTensors(network, profile, 3)];
    const first = one.get('data');
    expect(other.get('a')).toEqual(one.get('a'));
    expect(other.get('data')).toEqual(first);
    expect(drawTensors(network, profile, 4).get('a')).not.toEqual(one.get('a'));
    expect(one.get('nothing')).toBeUndefined();
  });

  it('are constants where those are met', () => {
    const half = floats([1, 2], Float32Array.of(0.5, 0));
    const network = buildNetwork({
      ...{ name: 'net', title: 'net', input: [2], source, constants: new Map([['half', half]]) },
      layers: [{ kind: 'binary', name: 'a', inputs: ['data', 'half'], function: 'multiply' }],
    });
    const random = drawTensors(network, { source, input: 1, layers: {} }, 0).get('half');
    expect(random).toEqual({ values: half.values, density: 0.5, origin: 'real' });
  });
});

describe('a network of hundreds of millions of weights', () => {
  // 4 × 8192 × 8192 and one that differs: 268 million weights and more.
  const layers = [
    ...['a', 'b', 'c', 'd'].map((name) => dense(name, 8192, 'none')),
    dense('e', 16, 'none'),
  ];
  const network = buildNetwork({ name: 'huge', title: 'huge', input: [8192], layers, source });

  it('draws once for layers of one shape and density', () => {
    expect(sharesDraws(network)).toBe(true);
    expect(sharesDraws({ ...network, layers: network.layers.slice(0, 2) })).toBe(false);
    const share = (weights: number) => ({ weights });
    const shares = {
      a: share(0.001),
      b: share(0.001),
      c: share(0.002),
      d: share(0.001),
      e: share(1),
    };
    const { weights } = drawModel(network, { source, input: 1, layers: shares }, 0);
    expect(weights.size).toBe(5);
    const [a, b, c, e] = ['a', 'b', 'c', 'e'].map((name) => weights.get(name));
    expect(b).toBe(a);
    expect(c).not.toBe(a);
    expect(c && nonzerosOf(c.store) / 8192 ** 2).toBeWithin(0.02, 0.002);
    // Without zeros places of weights are bytes for nothing.
    expect(e?.store.format).toBe('dense');
    expect(weights.get('f')).toBeUndefined();
  });
});
