// The contract of `compare` that scripts rely on.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catPicture, squeezenetNet } from '../assets.js';
import { zeroskip } from './run-cli.js';

interface LayerJson {
  readonly name: string;
  readonly nonzeros: number;
  readonly cycles: number | null;
  readonly seconds: number;
  readonly joules: number | null;
  readonly bound: string | null;
  readonly energy: Readonly<Record<string, number>> | null;
  readonly time: Readonly<Record<string, number>> | null;
  readonly counters: Readonly<Record<string, number>>;
}

interface ResultJson {
  readonly hardware: string;
  readonly kernel: string;
  readonly family: string;
  readonly origin: string;
  readonly cycles: number | null;
  readonly seconds: number;
  readonly frames_per_second: number;
  readonly joules: number | null;
  readonly watts: number | null;
  readonly area_mm2: number | null;
  readonly speedup: number;
  readonly energy_ratio: number | null;
  readonly layers: readonly LayerJson[];
}

interface ComparisonJson {
  readonly workload: Readonly<Record<string, unknown>> & { readonly layers: readonly LayerJson[] };
  readonly batch: number;
  readonly seed: number;
  readonly results: readonly ResultJson[];
}

async function compare(...argv: readonly string[]): Promise<readonly ComparisonJson[]> {
  const { code, stdout, stderr } = await zeroskip([
    'compare',
    ...argv,
    '--format',
    'json',
    '--quiet',
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as readonly ComparisonJson[];
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Every total is the sum of its parts, every ratio follows from the totals. */
function expectConsistent({ batch, results }: ComparisonJson): void {
  const [first] = results;
  for (const result of results) {
    expect(sum(result.layers.map((layer) => layer.seconds))).toBeWithin(1e-9, result.seconds);
    expect(result.frames_per_second).toBeWithin(1e-9, batch / result.seconds);
    expect(result.speedup).toBeWithin(1e-9, (first?.seconds ?? 0) / result.seconds);
    if (result.origin === 'measured') continue;
    expect(sum(result.layers.map((layer) => layer.cycles ?? Number.NaN))).toBeWithin(
      1e-9,
      result.cycles ?? Number.NaN,
    );
    expect(sum(result.layers.map((layer) => layer.joules ?? Number.NaN))).toBeWithin(
      1e-9,
      result.joules ?? Number.NaN,
    );
    expect(result.watts).toBeWithin(1e-9, (result.joules ?? Number.NaN) / result.seconds);
    if (first?.joules)
      expect(result.energy_ratio).toBeWithin(1e-9, first.joules / (result.joules ?? Number.NaN));
    else expect(result.energy_ratio).toBeNull();
    for (const layer of result.layers) {
      expect(sum(Object.values(layer.time ?? {}))).toBeWithin(1e-9, layer.cycles ?? Number.NaN);
      expect(sum(Object.values(layer.energy ?? {}))).toBeWithin(1e-9, layer.joules ?? Number.NaN);
      expect(layer.seconds).toBeGreaterThan(0);
    }
  }
}

const platforms =
  'eie-64,i7-5930k:dense,i7-5930k:sparse,titan-x:dense,titan-x:sparse,tegra-k1:dense,tegra-k1:sparse';

describe('compare eie-benchmark', () => {
  it('gives nine workloads on seven platforms, with parts that add up', async () => {
    const comparisons = await compare('eie-benchmark', '--on', platforms);
    expect(comparisons.map(({ workload }) => workload.name)).toEqual([
      ...['alex-6', 'alex-7', 'alex-8', 'vgg-6', 'vgg-7', 'vgg-8', 'nt-we', 'nt-wd', 'nt-lstm'],
    ]);
    for (const comparison of comparisons) {
      const labels = comparison.results.map(({ hardware, kernel }) => `${hardware}:${kernel}`);
      expect(labels).toEqual(['eie-64:sparse', ...platforms.split(',').slice(1)]);
      expectConsistent(comparison);
    }
    const [alex6] = comparisons;
    // 9 % of 9216 × 4096 weights, drawn exactly.
    expect(alex6?.workload).toMatchObject({
      ...{ name: 'alex-6', parameters: 37_748_736, nonzeros: 3_397_386, macs_dense: 37_748_736 },
      ...{ weights_origin: 'synthetic', activations_origin: 'synthetic' },
    });
    // 9 % × 35.1 % of the MACs, by independent draws.
    expect(alex6?.workload.macs_nonzero).toBeWithin(0.01, 37_748_736 * 0.09 * 0.351);
    expect(alex6).toMatchObject({ batch: 1, seed: 0 });
  });

  it('says the same bytes for the same seed, and others for another', async () => {
    const say = async (seed: string) =>
      (
        await zeroskip([
          'compare',
          'nt-lstm',
          '--on',
          'eie-64,i7-5930k,titan-x',
          '--seed',
          seed,
          '--format',
          'json',
        ])
      ).stdout;
    expect(await say('5')).toBe(await say('5'));
    expect(await say('5')).not.toBe(await say('6'));
  });

  it('takes the fastest kernel and names it', async () => {
    const [comparison] = await compare('alex-7', '--on', 'i7-5930k,i7-5930k:dense,i7-5930k:sparse');
    const [free, dense, sparse] = comparison?.results ?? [];
    expect(free?.kernel).toBe('sparse');
    expect(free?.seconds).toBe(Math.min(dense?.seconds ?? 0, sparse?.seconds ?? 0));
  });

  it('costs a batch as a whole and a frame at a time', async () => {
    const [one] = await compare('nt-we', '--on', 'eie-64,titan-x:dense');
    const [many] = await compare('nt-we', '--on', 'eie-64,titan-x:dense', '--batch', '64');
    if (one && many) expectConsistent(many);
    // EIE takes frames one after the other; a GPU's batch shares its weight traffic.
    expect(many?.results[0]?.seconds).toBeWithin(1e-9, 64 * (one?.results[0]?.seconds ?? 0));
    expect(many?.results[1]?.frames_per_second).toBeGreaterThan(
      2 * (one?.results[1]?.frames_per_second ?? 0),
    );
  });
});

describe('compare on this machine', () => {
  it('measures host beside the models and never calls it modelled', async () => {
    const [comparison] = await compare('nt-lstm', '--on', 'host,eie-64', '--repeat', '1');
    if (comparison) expectConsistent(comparison);
    expect(comparison?.results[0]).toMatchObject({
      ...{
        hardware: 'host',
        kernel: 'auto',
        family: 'host',
        origin: 'measured',
        cycles: null,
        joules: null,
      },
    });
    expect(comparison?.results[1]).toMatchObject({
      hardware: 'eie-64',
      origin: 'modelled',
      energy_ratio: null,
    });
  });
});

describe.skipIf(squeezenetNet.missing || catPicture.missing)(
  'compare squeezenet-1.0 with real weights and a picture',
  () => {
    it('obeys the contract on every hardware', async () => {
      const [comparison] = await compare(
        ...[
          'squeezenet-1.0',
          '--weights',
          squeezenetNet.path,
          '--input',
          catPicture.path,
          '--repeat',
          '1',
        ],
        ...['--on', 'i7-5930k,titan-x,tegra-k1,eie-64,host:tfjs'],
      );
      if (!comparison) throw new Error('no comparison');
      expectConsistent(comparison);
      const { workload, results } = comparison;
      expect(workload).toMatchObject({
        ...{ parameters: 1_248_424, weights: 1_244_448, nonzeros: 415_921 },
        ...{ weights_origin: 'real', activations_origin: 'real' },
      });
      const names = workload.layers.map(({ name }) => name);
      expect(names).toHaveLength(26 + 8 + 3 + 2);
      for (const result of results) {
        expect(result.layers.map(({ name }) => name)).toEqual(names);
        const nonzeros = Object.fromEntries(
          result.layers.map((layer) => [layer.name, layer.nonzeros]),
        );
        expect(nonzeros).toMatchObject({ conv10: 102_323, 'fire2/expand3x3': 3_039 });
      }
    });
  },
);

describe('other formats', () => {
  it('csv has one row a workload and hardware', async () => {
    const { stdout } = await zeroskip([
      'compare',
      'nt-we',
      'nt-wd',
      '--on',
      'eie-64,titan-x:dense',
      '--format',
      'csv',
    ]);
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toBe(
      'workload,weights_origin,activations_origin,batch,seed,hardware,kernel,family,origin,cycles,seconds,frames_per_second,joules,joules_origin,watts,area_mm2,speedup,energy_ratio,bound,precision,known_error',
    );
    expect(rows.map((row) => row.split(',').slice(0, 9).join())).toEqual([
      'nt-we,synthetic,synthetic,1,0,eie-64,sparse,eie,modelled',
      'nt-we,synthetic,synthetic,1,0,titan-x,dense,gpu,modelled',
      'nt-wd,synthetic,synthetic,1,0,eie-64,sparse,eie,modelled',
      'nt-wd,synthetic,synthetic,1,0,titan-x,dense,gpu,modelled',
    ]);
  });

  it('csv with --layers has one row a layer', async () => {
    const { stdout } = await zeroskip([
      'compare',
      'lenet-5',
      '--on',
      'eie-64',
      '--format',
      'csv',
      '--layers',
    ]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1 + 7);
  });

  it('markdown is a table that names modelled and synthetic', async () => {
    const { stdout } = await zeroskip([
      'compare',
      'nt-we',
      '--on',
      'eie-64',
      '--format',
      'markdown',
    ]);
    expect(stdout).toMatch(/^## nt-we · NeuralTalk word embedding$/m);
    expect(stdout).toContain('(synthetic)');
    expect(stdout).toMatch(/^\| eie-64:sparse +\| modelled +\|/m);
  });

  it.each([80, 120])('a terminal of %d columns is never overrun', async (columns) => {
    const on = 'i7-5930k,titan-x:dense,tegra-k1:sparse,eie-64';
    const { stdout } = await zeroskip(['compare', 'alex-7', 'lenet-5', '--on', on], {
      columns,
      env: { NO_COLOR: '1' },
    });
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(
      columns,
    );
    expect(stdout).not.toContain('\u001b');
    expect(stdout.includes('frames/s')).toBe(columns >= 100);
    expect(stdout).toContain('geometric mean of 2 workloads');
  });

  it('colours a terminal, and only a terminal', async () => {
    const argv = ['compare', 'nt-we', '--on', 'eie-64'];
    expect((await zeroskip(argv, { columns: 80 })).stdout).toContain('\u001b[');
    expect((await zeroskip(argv)).stdout).not.toContain('\u001b[');
  });

  it('--out writes the file and nothing else, in the format of its ending', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'zeroskip-')), 'result.json');
    const { stdout, code } = await zeroskip(['compare', 'nt-we', '--on', 'eie-64', '--out', out]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toHaveLength(1);
  });

  it('--layers shows every layer', async () => {
    const { stdout } = await zeroskip(['compare', 'lenet-5', '--on', 'eie-64', '--layers']);
    for (const layer of ['conv1', 'pool1', 'conv2', 'pool2', 'fc1', 'fc2', 'prob'])
      expect(stdout).toContain(`\n${layer} `);
  });
});
