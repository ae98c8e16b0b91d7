// workloads, hardware, run, help and version.

import { describe, expect, it } from 'vitest';
import { catPicture, squeezenetNet } from '../assets.js';
import { zeroskip } from './run-cli.js';

async function json(...argv: readonly string[]): Promise<unknown> {
  const { code, stdout } = await zeroskip([...argv, '--format', 'json', '--quiet']);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe('workloads', () => {
  it('list names every network with its size', async () => {
    const list = (await json('workloads', 'list')) as readonly {
      name: string;
      parameters: number;
    }[];
    const names = list.map(({ name }) => name);
    expect(names.slice(0, 20)).toEqual([
      ...['alex-6', 'alex-7', 'alex-8', 'vgg-6', 'vgg-7', 'vgg-8', 'nt-we', 'nt-wd', 'nt-lstm'],
      ...[
        'lenet-300-100',
        'lenet-5',
        'alexnet',
        'vgg-16',
        'squeezenet-1.0',
        'squeezenet-1.1',
        'squeezenet-bypass',
      ],
      ...['squeezenet-complex', 'squeezenet-residual', 'resnet-18', 'mobilenet-v1'],
    ]);
    expect(names).toEqual(
      expect.arrayContaining([
        'resnet-50@str-90',
        'bert-base',
        'tinyllama-1.1b',
        'ds-cnn',
        'yolov8n',
      ]),
    );
    expect(new Set(names).size).toBe(69);
    expect(list.find(({ name }) => name === 'vgg-16')?.parameters).toBe(138_357_544);
  });

  it('show gives shapes and densities of each layer, with sources', async () => {
    const { stdout } = await zeroskip(['workloads', 'show', 'alexnet'], { columns: 120 });
    expect(stdout).toMatch(/^fc6 +dense +pool5 +4096 +37,752,832 +37\.7 M +9\.00 % +36\.0 %$/m);
    expect(stdout).toContain('Han et al., NIPS 2015');
  });
});

describe('hardware', () => {
  it('is listed by family, with other names and known errors, as wide as the terminal', async () => {
    const env = { NO_COLOR: '1' };
    const narrow = (await zeroskip(['hardware', 'list'], { columns: 80, env })).stdout;
    const wide = (await zeroskip(['hardware', 'list'], { columns: 120, env })).stdout;
    for (const text of [narrow, wide]) {
      for (const family of [
        'cpu',
        'gpu',
        'eie',
        'systolic',
        'spatial',
        'scnn',
        'host-model',
        'host',
      ])
        expect(text).toMatch(new RegExp(`^${family} · `, 'm'));
      expect(text).toMatch(/^eie-64 .* ± \d+ %/m);
      expect(text).toContain('also: t4');
    }
    expect(narrow).not.toMatch(/number formats.*known error/);
    expect(wide).toMatch(/^v100 .* fp32 fp16 int8 .* 815\.0$/m);
  });

  it('list tells modelled from measured', async () => {
    const list = (await json('hardware', 'list')) as readonly { name: string; origin: string }[];
    const origin = Object.fromEntries(list.map((entry) => [entry.name, entry.origin]));
    expect(origin).toMatchObject({
      ...{
        'i7-5930k': 'modelled',
        'titan-x': 'modelled',
        'tegra-k1': 'modelled',
        'eie-64': 'modelled',
      },
      ...{ 'host-model': 'modelled', 'host:tfjs': 'measured', 'host:reference': 'measured' },
    });
  });

  it.each(['i7-5930k', 'titan-x', 'tegra-k1', 'eie-64', 'host-model'])(
    'show %s gives each number with unit and source',
    async (name) => {
      const shown = (await json('hardware', 'show', name)) as {
        figures: Record<string, { unit: string; from: string; cite: string }>;
      };
      const figures = Object.values(shown.figures);
      expect(figures.length).toBeGreaterThan(5);
      for (const figure of figures)
        expect(figure).toMatchObject({
          unit: expect.any(String),
          from: expect.any(String),
          cite: expect.any(String),
        });
    },
  );

  it('check says what is in a good file', async () => {
    const path = new URL('../../hw-models/eie/presets/eie-64.yaml', import.meta.url).pathname;
    const { code, stdout } = await zeroskip(['hardware', 'check', path]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${path}: ok`);
  });
});

describe('run', () => {
  it('gives milliseconds by layer, the top classes and the check', async () => {
    const report = await json('run', 'lenet-5', '--repeat', '1');
    expect(report).toMatchObject({
      ...{
        workload: 'lenet-5',
        executor: 'auto',
        origin: 'measured',
        weights_origin: 'real',
        batch: 1,
      },
      check: { against: 'reference', ok: true },
    });
    const { layers, top, milliseconds } = report as {
      layers: readonly { name: string; milliseconds: number }[];
      top: readonly { class: number; probability: number }[];
      milliseconds: number;
    };
    expect(layers.map(({ name }) => name)).toEqual([
      'conv1',
      'pool1',
      'conv2',
      'pool2',
      'fc1',
      'fc2',
      'prob',
    ]);
    expect(layers.reduce((sum, layer) => sum + layer.milliseconds, 0)).toBeWithin(
      1e-9,
      milliseconds,
    );
    expect(top).toHaveLength(5);
  });

  it.skipIf(squeezenetNet.missing || catPicture.missing)(
    'recognises the cat with the released weights',
    async () => {
      const argv = [
        'run',
        'squeezenet-1.0',
        '--weights',
        squeezenetNet.path,
        '--input',
        catPicture.path,
        '--repeat',
        '1',
      ];
      const { top } = (await json(...argv)) as {
        top: readonly { class: number; probability: number }[];
      };
      expect(top.map((entry) => entry.class)).toEqual([278, 277, 263, 281, 280]);
      [0.4, 0.28, 0.17, 0.03, 0.02].forEach((probability, at) => {
        expect(Math.abs((top[at]?.probability ?? 0) - probability)).toBeLessThan(0.03);
      });
    },
  );
});

describe('help', () => {
  it.each([[[]], [['compare']], [['run']], [['workloads', 'show']], [['hardware', 'check']]])(
    'zeroskip %j --help',
    async (argv) => {
      const { code, stdout } = await zeroskip([...argv, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('Usage: zeroskip');
    },
  );

  it('--version is the package’s', async () => {
    expect((await zeroskip(['--version'])).stdout).toBe('0.1.0\n');
  });
});
