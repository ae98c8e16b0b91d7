// Every family × preset × kernel of the catalog must keep these promises.

import { describe, expect, it } from 'vitest';
import { catalog } from '../../hw-models/catalog.js';
import type { Hardware } from '../../hw-models/contract.js';
import { cyclesOf, sum } from '../../hw-models/cost.js';
import { toSi } from '../../hw-models/dials.js';
import { loadHardware, presetNames } from '../../hw-models/presets.node.js';
import { units } from '../../hw-models/units.js';
import { tasksOf, traceRandom } from '../../sim/trace.js';
import { InputError } from '../../workloads/base/errors.js';
import { buildNetwork } from '../../workloads/graph.js';
import type { LayerTask, Network } from '../../workloads/network.js';
import { defaultGates } from '../../workloads/operators/cells.js';
import { drawModel } from '../../workloads/synthesis.js';
import { conv, dense, maxPool, softmax } from '../../workloads/zoo/entry.js';

const source = { work: 'a test', at: 'here' };

/** Every kind of layer, small. */
const network = buildNetwork({
  name: 'every-kind',
  title: 'every kind of layer',
  input: [4, 12, 12],
  layers: [
    conv('conv3x3', 8, 3, { pad: 1 }),
    { kind: 'lrn', name: 'norm', size: 5, alpha: 1e-4, beta: 0.75, k: 1 },
    maxPool('pool', 3, 2),
    conv('grouped', 8, 3, { pad: 1, groups: 2 }),
    conv('strided', 6, 5, { stride: 2, pad: 2, inputs: ['pool'] }),
    conv('conv1x1', 6, 1, { inputs: ['grouped'] }),
    { kind: 'concat', name: 'concat', inputs: ['conv1x1', 'grouped'] },
    conv('depthwise', 14, 3, { pad: 1, groups: 14 }),
    conv('uneven', 14, [1, 3], { stride: [2, 1], dilation: [1, 2], pad: [0, 3, 1, 2] }),
    conv('shortcut', 14, 1, { stride: [2, 1], pad: [0, 0, 1, 1], inputs: ['concat'] }),
    { kind: 'add', name: 'sum', inputs: ['uneven', 'shortcut'], activation: 'none' },
    { ...maxPool('uneven-pool', 2, 1), kernel: [1, 2], stride: [1, 2] },
    { kind: 'relu', name: 'clip', activation: 'relu6' },
    dense('fc', 33, 'relu'),
    dense('out', 10, 'none'),
    softmax,
  ],
  source,
});

const linear = { kind: 'dense', bias: false, activation: 'none', axis: 2 } as const;

/**
 * What tokens demand: looked up, multiplied with weights and with each other, stepped through, and
 * what nobody models.
 */
const tokens = buildNetwork({
  name: 'every-token',
  title: 'every demand of tokens',
  inputs: [{ name: 'ids', shape: [1, 10], type: 'int64' }],
  layers: [
    { kind: 'embedding', name: 'table', entries: 50, width: 12, inputs: ['ids'] },
    { ...linear, name: 'query', outputs: 12, inputs: ['table'] },
    { ...linear, name: 'key', outputs: 12, bias: true, inputs: ['table'] },
    { kind: 'matmul', name: 'scores', inputs: ['query', 'key'], transposeRight: true },
    { kind: 'softmax', name: 'shares', axis: 2 },
    { kind: 'matmul', name: 'mixed', inputs: ['shares', 'table'] },
    {
      ...{
        kind: 'recurrent',
        name: 'lstm',
        cell: 'lstm',
        hidden: 5,
        direction: 'bidirectional',
        clip: null,
      },
      ...{ inputForget: false, linearBeforeReset: false, bias: true, layout: 1, inputs: ['mixed'] },
      activations: [...defaultGates.lstm, ...defaultGates.lstm],
    },
    {
      ...{ kind: 'opaque', name: 'odd', operator: 'com.example.Odd', inputs: ['mixed'] },
      resultTypes: [{ shape: [1, 10, 12], type: 'float32' }],
    },
    { ...linear, name: 'out', outputs: 50 },
  ],
  source,
});

type Drawing = readonly [network: Network, weights: number, activations: number, batch?: number];

function drawn(...[network, weights, activations, batch = 1]: Drawing): readonly LayerTask[] {
  const layers = Object.fromEntries(
    network.layers.map(({ name }) => [name, { weights, output: activations }]),
  );
  const profile = { source, input: activations, layers };
  return tasksOf(drawModel(network, profile, 7), traceRandom(network, profile, 7), batch);
}

const known = new Map<string, readonly LayerTask[]>();

/** Drawn once: hundreds of kernels are asked the same. */
function tasksIn(...drawing: Drawing): readonly LayerTask[] {
  const [{ name }, ...numbers] = drawing;
  const key = [name, ...numbers].join(' ');
  const found = known.get(key) ?? drawn(...drawing);
  known.set(key, found);
  return found;
}

const tasks = (weights: number, activations: number, batch?: number) =>
  tasksIn(network, weights, activations, batch);

const seconds = (hardware: Hardware, work: readonly LayerTask[], kernel?: string) =>
  hardware.cost(work, kernel).reduce((total, cost) => total + cyclesOf(cost) / cost.clockHz, 0);

describe('the catalog', () => {
  it('has a preset for every family', () => {
    const families = new Set(presetNames().map((name) => loadHardware(name).family));
    expect([...families]).toEqual(catalog.map(({ name }) => name));
  });

  describe('can be turned', () => {
    const work = tasks(0.3, 0.5).filter(({ name }) => ['conv3x3', 'fc'].includes(name));
    const isSound = (hardware: Hardware, path: string, value: unknown) => {
      try {
        const patches = [{ op: 'replace' as const, path: path.split('.'), value }];
        // Whether a level is a design doesn't hang on how good its mapping is.
        const fewMappings = {
          op: 'add' as const,
          path: ['mapper'],
          value: { objective: 'both', budget: 3000 },
        };
        const quick = hardware.family === 'spatial' ? [fewMappings] : [];
        hardware.vary([...quick, ...patches]).cost(work);
        return true;
      } catch (error) {
        if (error instanceof InputError) return false;
        throw error;
      }
    };
    const soundLevels = new Map<string, number>();

    // All numbers of the model of the host are dials: the levels of one preset take
    // as long as all others'.
    const presets = presetNames().filter((name) => loadHardware(name).family !== 'host-model');
    it.each(presets)('%s: each level of a dial is a design or is refused in words', (name) => {
      const hardware = loadHardware(name);
      for (const { path, unit, levels } of hardware.dials) {
        expect(units[unit]?.[1], path).toBe(hardware.unitOf(path));
        expect(levels, path).toEqual([...levels].sort((a, b) => a - b));
        const sound = levels.filter((level) => isSound(hardware, path, toSi(level, unit)));
        const key = `${hardware.family} ${path}`;
        soundLevels.set(key, Math.max(sound.length, soundLevels.get(key) ?? 0));
      }
      for (const { path, choices } of hardware.switches) {
        expect(
          choices.filter(({ value }) => isSound(hardware, path, value)),
          path,
        ).toEqual(choices);
      }
    });

    it('each dial has two levels on some preset', () => {
      expect(soundLevels.size).toBeGreaterThan(0);
      expect([...soundLevels].filter(([, sound]) => sound < 2)).toEqual([]);
    });
  });

  it('declares each counter of a family once, with distinct meanings', () => {
    for (const name of presetNames()) {
      const meanings = Object.values(loadHardware(name).meters).map(({ meaning }) => meaning);
      expect(new Set(meanings).size).toBe(meanings.length);
    }
  });
});

describe.each(presetNames())('%s', (name) => {
  const hardware = loadHardware(name);

  it('says of every number where it comes from', () => {
    expect(hardware.figures.size).toBeGreaterThan(5);
    for (const figure of hardware.figures.values()) {
      expect(Number.isFinite(figure.value)).toBe(true);
      expect(figure.cite.length).toBeGreaterThan(5);
    }
  });

  // cost() itself throws where parts, counters, floor or MACs are inconsistent.
  it.each([...hardware.kernels, ...hardware.optInKernels])(
    'costs every kind of layer with %s, dense to empty',
    (kernel) => {
      for (const weights of [1, 0.5, 0.09, 0]) {
        for (const activations of [1, 0.35, 0]) {
          // Many frames at the corners only: they repeat a frame's work many times.
          const batches = weights === 0.5 || activations === 0.35 ? [1] : [1, 64];
          for (const batch of batches) {
            const costs = hardware.cost(tasks(weights, activations, batch), kernel);
            expect(costs).toHaveLength(network.layers.length);
            for (const cost of costs) expect(cyclesOf(cost)).toBeGreaterThan(0);
          }
        }
      }
    },
  );

  it.each([...hardware.kernels, ...hardware.optInKernels])(
    'costs every demand of tokens with %s',
    (kernel) => {
      for (const [weights, activations, batch] of [
        [1, 1, 1],
        [0.3, 0.5, 1],
        [0.3, 0.5, 4],
        [0, 0, 1],
      ] as const) {
        const work = tasksIn(tokens, weights, activations, batch);
        const costs = hardware.cost(work, kernel);
        expect(costs).toHaveLength(work.length);
        for (const cost of costs) expect(cyclesOf(cost)).toBeGreaterThan(0);
        const odd = costs[work.findIndex(({ name }) => name === 'odd')];
        // A library that runs by name alone may know it.
        if (hardware.kernels.includes(kernel))
          expect(odd?.notes.join()).toContain('com.example.Odd');
      }
    },
  );

  it('takes the fastest kernel of each layer when none is named', () => {
    const work = tasks(0.3, 0.5);
    const free = hardware.cost(work);
    for (const kernel of hardware.kernels) {
      hardware.cost(work, kernel).forEach((cost, at) => {
        expect(cyclesOf(free[at] ?? cost)).toBeLessThanOrEqual(cyclesOf(cost));
      });
    }
  });

  it('gives the same bits for the same task', () => {
    expect(hardware.cost(drawn(network, 0.3, 0.5))).toEqual(hardware.cost(tasks(0.3, 0.5)));
  });

  it('never takes longer for fewer weights, all else the same', () => {
    const kernel = hardware.kernels.at(-1);
    expect(seconds(hardware, tasks(0.1, 1), kernel)).toBeLessThanOrEqual(
      seconds(hardware, tasks(1, 1), kernel),
    );
  });

  it('spends more energy on a bigger batch', () => {
    const joules = (batch: number) =>
      hardware
        .cost(tasks(0.3, 0.5, batch))
        .reduce((total, { joules: parts }) => total + (parts ? sum(parts) : 0), 0);
    expect(joules(64)).toBeGreaterThan(joules(1));
  });

  it('refuses an unknown kernel', () => {
    expect(() => hardware.cost(tasks(0.3, 0.5), 'magic')).toThrow(
      `${name}: found kernel 'magic', expected`,
    );
  });
});
