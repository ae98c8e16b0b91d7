// Native kernels in the model of the host: every call of every native row counted, and costed where
// the machine was measured with them.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bind } from '../../../hw-models/bind.js';
import { secondsOf, sum } from '../../../hw-models/cost.js';
import type { HostKernel } from '../../../hw-models/host/engine/kernel.js';
import { exactKernels } from '../../../hw-models/host/engine/table.js';
import { countCall } from '../../../hw-models/host-model/calls/index.js';
import { nativeCodes } from '../../../hw-models/host-model/calls/work.js';
import { hostModel } from '../../../hw-models/host-model/index.js';
import { layOut } from '../../../hw-models/host-model/layout.js';
import { macsOfTurn, turnsIn } from '../../../hw-models/host-model/loops.js';
import { type StatedFigure, withFigures } from '../../../hw-models/host-model/machine.js';
import { nativeLoopNames } from '../../../hw-models/host-model/native-loops.js';
import { readPreset } from '../../../hw-models/preset.js';
import type { LayerTask } from '../../../workloads/network.js';
import { activations } from '../../../workloads/tasks.js';
import { type NativeCase, random } from '../host/engine/native/agreement.js';
import { layersOf } from '../host/engine/native/layers.js';
import { engineTask } from './engine-task.js';

const rows = exactKernels.filter((row) => row.isNative);

/** A layer on its drawn weights and frames. */
function taskOf(one: NativeCase) {
  const { network, layer, weights, frames } = random(one);
  const model = {
    network,
    weights: new Map(weights ? [['layer', weights]] : []),
    origin: 'synthetic',
  } as const;
  const input = activations(frames[0] as Float32Array, 'synthetic');
  return engineTask(model, layer, input, one.batch);
}

/** What a kernel cannot do without, of a whole batch. */
function minMacs({ name }: HostKernel, { macs, batch }: LayerTask): number {
  // Of shared weights a table is multiplied.
  if (name.includes('coded')) return 0;
  if (name.includes('columns')) return macs.effective * batch;
  if (name.includes('sparse')) return macs.keptWeights * batch;
  // 36 products in place of 144, and of 49 in place of 256.
  return (macs.dense * batch) / (name.includes('winograd') ? 256 / 49 : 1);
}

const stated = (path: string, value: number, unit: string): StatedFigure => ({
  ...{ path, value, unit },
  ...({ from: 'estimate', cite: 'made up' } as const),
});

const preset = readPreset(
  readFileSync('hw-models/host-model/presets/zen4-host.yaml', 'utf8'),
  'zen4-host',
  hostModel,
);

/** A machine with native kernels all of whose turns take so many cycles. */
function withNative(cycles: number) {
  const figures = [
    ...nativeLoopNames.map((name) => stated(`native.turns.${name}`, cycles, 'cycles')),
    ...nativeCodes.flatMap((code) =>
      ['l2', 'l3', 'memory'].map((level) =>
        stated(`native.exposed.${code}.${level}`, 0.5, 'ratio'),
      ),
    ),
    stated('native.vectorFloats', 16, 'count'),
    stated('native.multiplyAddsPerCycle', 64, 'per cycle'),
    stated('native.layer', 1e-8, 's'),
    stated('native.step', 3e-7, 's'),
  ];
  return bind(hostModel, withFigures(preset, figures));
}

describe.each(rows)('$name', (row) => {
  const cases = layersOf(row);

  it.each([4, 8, 16])('does all that its layers ask for, with %i lanes', (lanes) => {
    for (const one of cases) {
      const task = taskOf(one);
      const own = { layer: task.layer, weights: task.weights };
      for (const threads of [1, 2]) {
        const { steps, seen } = layOut(task, own, row, threads, [], lanes);
        const pieces = steps.flat().flatMap((call) => countCall(call, seen, lanes));
        const turns = pieces.flatMap((piece) => turnsIn(piece.turns));
        for (const [name, times] of turns) expect(times, name).toBeGreaterThan(0);
        const macs = turns.reduce(
          (total, [name, times]) => total + times * macsOfTurn(name, lanes),
          0,
        );
        expect(macs).toBeGreaterThanOrEqual(minMacs(row, task) * (1 - 1e-9));
        for (const { bytes, passes = 1 } of pieces.flatMap(({ touches }) => touches)) {
          expect(bytes).toBeGreaterThanOrEqual(0);
          expect(passes).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });

  it('costs more where its loops take longer', () => {
    const [fast, slow] = [withNative(4), withNative(8)];
    for (const one of cases) {
      const task = taskOf(one);
      const of = (hardware: typeof fast) => hardware.cost([task], row.name)[0];
      const [cost, more] = [of(fast), of(slow)];
      if (!cost || !more) throw new Error('no cost');
      expect(cost.kernel).toBe(row.name);
      expect(sum(cost.cycles)).toBeGreaterThanOrEqual(cost.floorCycles);
      expect(secondsOf(more)).toBeGreaterThan(secondsOf(cost));
    }
  });
});

describe('a machine that nobody measured with native kernels', () => {
  const hardware = bind(hostModel, preset);

  it('has no executors of them', () => {
    const names = [...hardware.kernels, ...hardware.optInKernels];
    expect(names.filter((name) => name.startsWith('native-'))).toEqual([]);
    expect(withNative(2).optInKernels).toContain('native-auto');
  });
});
