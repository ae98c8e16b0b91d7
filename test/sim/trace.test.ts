// Tasks of networks so large that layers of one shape share what is drawn.

import { describe, expect, it } from 'vitest';
import { tasksOf, traceRandom } from '../../sim/trace.js';
import { buildNetwork } from '../../workloads/graph.js';
import { drawModel } from '../../workloads/synthesis.js';
import { dense } from '../../workloads/zoo/entry.js';

const source = { work: 'a test', at: 'here' };
const shares = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { weights: 0.0001 }]));

describe('the tasks of a huge network', () => {
  const layers = [
    ...['a', 'b', 'c', 'd'].map((name) => dense(name, 8192, 'none')),
    dense('e', 16, 'none'),
  ];
  const network = buildNetwork({ name: 'huge', title: 'huge', input: [8192], layers, source });
  const densities = { source, input: 1, layers: shares('a', 'b', 'c', 'd', 'e') };
  const model = drawModel(network, densities, 0);
  const tasks = tasksOf(model, traceRandom(network, densities, 0), 1);

  it('are alike where layers are, whatever they are named and read', () => {
    const [a, ...others] = tasks.map(({ alike }) => alike);
    expect(a).toBeDefined();
    expect(others.slice(0, 3)).toEqual([a, a, a]);
    expect(others[3]).toBeDefined();
    expect(others[3]).not.toBe(a);
  });

  it('are counted once for all that are alike', () => {
    const [a, b] = tasks;
    expect(a?.macs.dense).toBe(8192 ** 2);
    expect(b?.macs).toBe(a?.macs);
    expect(tasks[4]?.macs.dense).toBe(16 * 8192);
  });
});

describe('the tasks of any other network', () => {
  it('are alike to none', () => {
    const layers = [dense('a', 8, 'none'), dense('b', 8, 'none')];
    const network = buildNetwork({ name: 'small', title: 'small', input: [8], layers, source });
    const densities = { source, input: 1, layers: shares('a', 'b') };
    const tasks = tasksOf(drawModel(network, densities, 0), traceRandom(network, densities, 0), 1);
    expect(tasks.map(({ alike }) => alike)).toEqual([undefined, undefined]);
  });
});
