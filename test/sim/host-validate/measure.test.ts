import { describe, expect, it } from 'vitest';
import type { Executor } from '../../../hw-models/host/contract.js';
import { measureNetwork } from '../../../sim/host-validate/measure.js';
import { silent } from '../../../sim/progress.js';
import { buildNetwork } from '../../../workloads/graph.js';
import type { Model } from '../../../workloads/model.js';

const source = { work: 'a test', at: 'here' };
const network = buildNetwork({
  ...{ name: 'two', title: 'two', input: [4], source },
  layers: [
    { kind: 'relu', name: 'first', activation: 'relu' },
    { kind: 'softmax', name: 'second' },
  ],
});
const model: Model = { network, weights: new Map(), origin: 'synthetic' };

/**
 * An executor whose run number n takes `seconds(n)` for its first layer and half of it for its
 * second.
 */
function fake(name: string, seconds: (run: number) => number, log: string[] = []): Executor {
  return {
    name,
    optIn: false,
    describe: async () => ({ engine: name, hint: null }),
    async load() {
      let runs = 0;
      return {
        async run() {
          log.push(name);
          const taken = seconds(runs++);
          const layers = network.layers.map((layer, at) => {
            return {
              name: layer.name,
              kernel: `${name}-kernel`,
              seconds: taken / (at + 1),
              notes: [],
            };
          });
          return { layers, output: new Float32Array(4), outputs: new Map(), notes: [] };
        },
        dispose: () => void log.push(`${name} disposed`),
      };
    },
  };
}

/** Each look at the clock is a tenth of a second later. */
function ticking(): () => number {
  let now = 0;
  return () => {
    now += 0.1;
    return now;
  };
}

const inputs = new Map([['data', new Float32Array(4)]]);
const options = { repeat: 3, budget: 100, progress: silent };
const never = () => {
  throw new Error('every executor can be loaded');
};

describe('measureNetwork', () => {
  it('takes the best of each layer, executors in turns, the run that meets others’ caches left out', async () => {
    const log: string[] = [];
    // Even runs meet caches as others left them.
    const executors = [
      fake('a', (run) => (run % 2 === 0 ? 9 : 2), log),
      fake('b', (run) => (run % 2 === 0 ? 9 : 4), log),
    ];
    const measured = await measureNetwork(
      model,
      inputs,
      executors,
      { ...options, clock: ticking() },
      never,
    );
    expect(measured.map(({ executor }) => executor)).toEqual(['a', 'b']);
    expect(measured[0]?.layers).toEqual([
      { layer: 'first', kernel: 'a-kernel', seconds: 2, spread: 1 },
      { layer: 'second', kernel: 'a-kernel', seconds: 1, spread: 1 },
    ]);
    expect(measured[1]?.layers[0]?.seconds).toBe(4);
    // Both loaded and warmed up, then two runs each in turns.
    expect(log.slice(4, 12)).toEqual(['a', 'a', 'b', 'b', 'a', 'a', 'b', 'b']);
    expect(log.slice(-2)).toEqual(['a disposed', 'b disposed']);
  });

  it('goes on while a busy machine shows, as long as the budget allows', async () => {
    const calm = (run: number) => (run < 40 ? 2 + (run % 7) : 1);
    const once = { ...options, clock: ticking() };
    const [steady] = await measureNetwork(model, inputs, [fake('a', () => 1)], once, never);
    const [busy] = await measureNetwork(
      model,
      inputs,
      [fake('a', calm)],
      { ...options, clock: ticking() },
      never,
    );
    expect(busy?.runs ?? 0).toBeGreaterThan(steady?.runs ?? 0);
    expect(busy?.layers[0]?.seconds).toBe(1);
    const short = { ...options, budget: 1, clock: ticking() };
    const [cut] = await measureNetwork(model, inputs, [fake('a', calm)], short, never);
    expect(cut?.runs).toBeLessThan(busy?.runs ?? 0);
    expect(cut?.layers[0]?.spread).toBeGreaterThan(1);
  });

  it('waits for a machine that runs slowly, and says how fast it ran', async () => {
    const paces = [0.6, 0.6, 0.65, 1, 0.95, 1];
    const pace = async () => paces.shift() ?? 1;
    const slow = { ...options, pace, clock: ticking() };
    const [measured] = await measureNetwork(model, inputs, [fake('a', () => 1)], slow, never);
    // Three rounds that do not count, and three that do, more of them for half a second.
    expect(measured?.runs).toBe(6);
    expect(measured?.pace).toBe(1);
    const always = { ...options, budget: 1, pace: async () => 0.5, clock: ticking() };
    const [never3] = await measureNetwork(model, inputs, [fake('a', () => 1)], always, never);
    expect(never3?.pace).toBe(0.5);
    expect(never3?.runs).toBeWithin(20, 50);
  });

  it('leaves out what cannot be loaded, and says so', async () => {
    const broken: Executor = {
      ...fake('broken', () => 1),
      load: () => Promise.reject(new Error('not installed')),
    };
    const told: string[] = [];
    const measured = await measureNetwork(
      model,
      inputs,
      [broken, fake('a', () => 1)],
      { ...options, clock: ticking() },
      (executor, error) => told.push(`${executor}: ${error instanceof Error ? error.message : ''}`),
    );
    expect(measured.map(({ executor }) => executor)).toEqual(['a']);
    expect(told).toEqual(['broken: not installed']);
  });
});
