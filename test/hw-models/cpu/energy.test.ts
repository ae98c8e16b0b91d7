import { describe, expect, it } from 'vitest';
import { sum } from '../../../hw-models/cost.js';
import { type Activity, joulesFor } from '../../../hw-models/cpu/energy.js';
import { conv, costOf, evenTask, layerTask } from './layer-task.js';
import { cpuPreset, denseLayerTask } from './presets.js';

const i7 = cpuPreset('i7-5930k');
const nothing = { bytes: 0, cycles: 0 };

const waiting: Activity = {
  seconds: 2,
  cores: 3,
  macs: 0,
  operations: 0,
  instructions: 0,
  transfers: { l2: nothing, l3: nothing, memory: nothing },
  arithmetic: { precision: 'fp32' },
};

describe('joulesFor', () => {
  it('charges cores that wait their power and no more', () => {
    const { idle, core } = i7.config.energy;
    expect(sum(joulesFor(waiting, i7.config))).toBeWithin(1e-12, 2 * idle + 6 * core);
  });

  it('charges each instruction and each bit from memory', () => {
    const memory = { bytes: 1e9, cycles: 0 };
    const joules = joulesFor(
      { ...waiting, instructions: 1e9, transfers: { ...waiting.transfers, memory } },
      i7.config,
    );
    expect(joules.instructions).toBeWithin(1e-12, 1e9 * i7.config.energy.instruction);
    // 8 Gbit at 39 pJ.
    expect(joules.dram).toBeWithin(1e-12, 0.312);
  });
});

describe('arithmetic', () => {
  const picojoules = (technology: number, precision: 'fp32' | 'fp16' | 'int8') => {
    const arithmetic = { precision };
    const config = { ...i7.config, technology };
    return 1e12 * (joulesFor({ ...waiting, macs: 1, arithmetic }, config).arithmetic ?? 0);
  };

  it('costs what Horowitz published at 45 nm', () => {
    expect(picojoules(45, 'fp32')).toBeWithin(1e-9, 3.7 + 0.9);
    expect(picojoules(45, 'fp16')).toBeWithin(1e-9, 1.1 + 0.4);
    expect(picojoules(45, 'int8')).toBeWithin(1e-9, 0.2 + 0.1);
  });

  it('costs less in a smaller process, and no less below the last one of the law', () => {
    const nodes = [45, 32, 22, 16, 10, 7];
    const costs = nodes.map((nm) => picojoules(nm, 'fp32'));
    expect(costs).toEqual([...costs].sort((a, b) => b - a));
    expect(picojoules(4, 'fp32')).toBe(picojoules(7, 'fp32'));
  });
});

describe('instructions by kernel', () => {
  /** Of a 64 × 64 layer; what one costs is taken out. */
  const instructionsOf = (kernel: string, batch: number) =>
    (costOf(i7, denseLayerTask('fc', 64, 64, 0.25, batch), kernel).joules?.instructions ??
      Number.NaN) / i7.config.energy.instruction;

  it('are vectors of 8 in dense kernels', () => {
    expect(instructionsOf('dense', 1)).toBeWithin(1e-9, 512);
    expect(instructionsOf('dense', 64)).toBeWithin(1e-9, 512 * 64);
  });

  it('are single non-zeros in CSR kernels, as the i7 preset has a scalar SpMM', () => {
    expect(instructionsOf('sparse', 1)).toBeWithin(1e-9, 1024);
    expect(instructionsOf('sparse', 64)).toBeWithin(1e-9, 1024 * 64);
  });

  it('are vectors of pixels in direct convolution, and vectors of operations where nothing multiplies', () => {
    // 4 filters of 9 weights over 8 × 8 pixels; 2 × 2 inputs to each of 4 × 16 outputs.
    const sparse = costOf(i7, evenTask([4, 8, 8], conv(4, 3, { pad: 1 }), 9), 'sparse');
    expect(sparse.joules?.instructions).toBeWithin(
      1e-9,
      ((4 * 9 * 64) / 8) * i7.config.energy.instruction,
    );
    const pool = {
      kind: 'pool2d',
      name: 'pool',
      mode: 'max',
      kernel: 2,
      stride: 2,
      pad: 0,
      rounding: 'floor',
    } as const;
    const pooled = costOf(i7, layerTask([4, 8, 8], pool));
    expect(pooled.joules?.instructions).toBeWithin(
      1e-9,
      ((64 * 4) / 8) * i7.config.energy.instruction,
    );
  });
});
