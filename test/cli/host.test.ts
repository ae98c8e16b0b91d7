import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../../hw-models/host/plan-store.node.js';
import { library } from '../hw-models/host/native-library.js';
import { zeroskip } from './run-cli.js';

let folder = '';
const cache = process.env.ZEROSKIP_CACHE;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zeroskip-host-'));
  // Native kernels are built once for all tests, where there is a compiler.
  const native = join(cacheFolder(), 'native');
  await cp(native, join(folder, 'native'), { recursive: true }).catch(() => {});
  process.env.ZEROSKIP_CACHE = folder;
});

afterAll(async () => {
  if (cache === undefined) delete process.env.ZEROSKIP_CACHE;
  else process.env.ZEROSKIP_CACHE = cache;
  await rm(folder, { recursive: true });
});

describe('host-model', () => {
  it('says that it is not calibrated, and is afterwards', async () => {
    const args = [
      'compare',
      'lenet-300-100',
      '--on',
      'host-model:sparse',
      '--format',
      'json',
      '--quiet',
    ];
    const [{ results: before }] = JSON.parse((await zeroskip(args)).stdout);
    expect(before[0]).toMatchObject({
      hardware: 'host-model',
      kernel: 'sparse',
      origin: 'modelled',
      joules_origin: 'modelled',
    });
    expect(before[0].notes.join()).toContain('not calibrated here (zeroskip calibrate)');

    const calibrated = await zeroskip(['calibrate', '--repeat', '1', '--memory', '16', '--quiet']);
    expect(calibrated.code).toBe(0);
    expect(calibrated.stdout.replace(/\s+/g, ' ')).toContain(
      'memory: a working set of 16 MiB, less than 4 times',
    );
    const [, file = ''] = /kept for host-model in\s+(\S+\.yaml)/.exec(calibrated.stdout) ?? [];
    expect(file).toContain(folder);
    expect(await readFile(file, 'utf8')).toMatch(/^# Measured by zeroskip calibrate/);

    const [{ results: after }] = JSON.parse((await zeroskip(args)).stdout);
    expect(after[0].notes.join()).toContain(`calibrated (${file})`);
    const { figures } = JSON.parse(
      (await zeroskip(['hardware', 'show', 'host-model', '--format', 'json'])).stdout,
    );
    for (const path of ['clock', 'turns.denseTap', 'lines.memory.read', 'libraries.tfjs.stream']) {
      expect(figures[path].from, path).toBe('measured');
    }
    if (library) expect(figures['native.turns.nativeEntry'].from).toBe('measured');
    expect((await zeroskip(['hardware', 'check', file])).stdout).toContain(`${file}: ok`);
    const named = await zeroskip([
      'compare',
      'nt-we',
      '--on',
      `${file}:dense`,
      '--format',
      'json',
      '--quiet',
    ]);
    const [{ results }] = JSON.parse(named.stdout);
    expect(results[0]).toMatchObject({
      origin: 'modelled',
      hardware: 'host-model',
      kernel: 'dense',
    });

    await writeFile(file, (await readFile(file, 'utf8')).replace(/^clock:.*$/m, ''));
    const [{ results: old }] = JSON.parse((await zeroskip(args)).stdout);
    expect(old[0].notes.join()).toContain(
      'calibrated by another version (zeroskip calibrate makes it anew',
    );
  }, 180_000);
});

describe('validate --host', () => {
  it('holds every layer that ran against what was predicted', async () => {
    const { code, stdout } = await zeroskip([
      ...['validate', '--host', '--workloads', 'lenet-300-100', '--on', 'sparse,tfjs'],
      ...['--repeat', '1', '--seconds', '1', '--format', 'json', '--quiet'],
    ]);
    expect(code).toBe(0);
    const { layers, by_executor: byExecutor, roofline, notes } = JSON.parse(stdout);
    expect(
      layers.map(
        (layer: { layer: string; executor: string }) => `${layer.executor} ${layer.layer}`,
      ),
    ).toEqual([
      ...['sparse fc1', 'sparse fc2', 'sparse fc3', 'sparse prob'],
      ...['tfjs fc1', 'tfjs fc2', 'tfjs fc3', 'tfjs prob'],
    ]);
    for (const { measured_seconds: measured, predicted_seconds: predicted, error } of layers) {
      expect(measured).toBeGreaterThan(0);
      expect(error).toBeWithin(1e-9, predicted / measured - 1);
    }
    expect(byExecutor.map(({ of }: { of: string }) => of)).toEqual(['sparse', 'tfjs']);
    expect(roofline.points).toHaveLength(6);
    expect(roofline.ceilings.length).toBeGreaterThanOrEqual(4);
    expect(notes[0]).toMatch(/^energy/);
  });

  it.each([
    [['validate', '--layers'], '--layers: found without --host, expected with it'],
    [['validate', '--host', '--claims'], '--claims: found with --host, expected without it'],
    [['validate', '--host', '--on', 'magic'], "executor 'magic' is not modelled, expected"],
    [['validate', '--host', '--preset', 'nowhere.yaml'], 'nowhere.yaml: cannot be read'],
    [['validate', '--host', '--workloads', 'alexnot'], "workload 'alexnot' is unknown"],
  ])('refuses %j in one line', async (args, message) => {
    const { code, stdout, stderr } = await zeroskip(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n').at(-1)).toContain(message);
  });
});
