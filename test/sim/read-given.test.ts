// Files that are given together, without a disk: read and costed as by their names.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExecutor } from '../../hw-models/host/executors.js';
import { loadHardware, presetTexts } from '../../hw-models/presets.node.js';
import { compare } from '../../sim/compare.node.js';
import { createExplorer } from '../../sim/explore.js';
import { importHardware } from '../../sim/import-hardware.node.js';
import { addOwnNetwork } from '../../sim/own-networks.js';
import { readGiven } from '../../sim/read-given.js';
import { openBytes } from '../../workloads/base/open-file.js';
import { defaultLimits } from '../../workloads/formats/source.js';
import { attempt } from '../fuzz/attempt.js';
import { fuzzLimits } from '../fuzz/importers.js';
import { device, matrix, onnx, scaleSim, tfjs, timeloop, yaml, zigZag } from '../own-files.js';

type Bytes = Readonly<Record<string, Uint8Array>>;

const given = (files: Bytes) =>
  new Map(Object.entries(files).map(([path, bytes]) => [path, openBytes(bytes)]));
const read = (files: Bytes, limits = defaultLimits) =>
  readGiven(given(files), limits, presetTexts());

const text = (content: string) => new TextEncoder().encode(content);

/** A folder with the files in it. */
function onDisk(files: Bytes): string {
  const folder = mkdtempSync(join(tmpdir(), 'zeroskip-given-'));
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

const inside = (files: Bytes) =>
  Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`net/${path}`, bytes]));

const eie = loadHardware('eie-64');
const cpu = loadHardware('i7-5930k');
const explorer = createExplorer({
  soundConfigs: new Map([eie, cpu].map(({ family, config }) => [family, config])),
  readShippedWeights: () => Promise.reject(new Error('not asked for')),
});

describe('files that are given together', () => {
  it.each<[string, string, Bytes]>([
    ['an ONNX file', 'lenet.onnx', { 'lenet.onnx': onnx() }],
    ['a folder of TensorFlow.js', 'net/model.json', inside(tfjs())],
    ['a network in YAML with its weights beside', 'mine.yaml', yaml()],
    ['a matrix', 'pruned.mtx', { 'pruned.mtx': matrix() }],
  ])('%s comes to what compare finds', async (_, file, files) => {
    const { networks, hardware, unread } = await read(files);
    expect({ hardware, unread }).toEqual({ hardware: [], unread: [] });
    const [network] = networks;
    expect(network).toMatchObject({ file, at: 0, of: 1 });
    if (!network) return;
    addOwnNetwork(file, {
      entry: network.entry,
      executor: createExecutor('sparse', { engine: 'wasm' }),
    });
    const found = await explorer.explore({
      workload: {
        workload: file,
        batch: 2,
        seed: 3,
        weightDensity: null,
        activationDensity: null,
        precision: null,
      },
      designs: [eie, cpu].map(({ name, family, config }) => {
        return { preset: name, family, kernel: null, config };
      }),
    });
    const [comparison] = await compare({
      workloads: join(onDisk(files), file),
      hardware: ['eie-64', 'i7-5930k'],
      batch: 2,
      seed: 3,
    });
    expect(found.workload).toEqual(comparison?.workload);
    const numbers = comparison?.results.map(({ seconds, joules }) => ({ seconds, joules }));
    expect(found.designs.map((one) => ('row' in one ? one.row : one))).toMatchObject(numbers ?? []);
    await expect(
      explorer.explore({
        workload: {
          workload: file,
          batch: 1,
          seed: 0,
          weightDensity: 0.5,
          precision: null,
          activationDensity: null,
        },
        designs: [],
      }),
    ).rejects.toThrow(`${file}: its weights are from a file, expected no densities to draw at`);
  });

  it('tells devices from networks by what is in them', async () => {
    const { networks, hardware } = await read({ 'mine.yaml': device(), 'a/pruned.mtx': matrix() });
    expect(networks.map(({ file }) => file)).toEqual(['a/pruned.mtx']);
    expect(hardware.map((one) => [one.file, one.hardware.name])).toEqual([['mine.yaml', 'my-eie']]);
    const folder = onDisk({ 'mine.yaml': device() });
    expect(hardware[0]?.hardware.config).toEqual(loadHardware(join(folder, 'mine.yaml')).config);
  });

  it.each<[string, Bytes, string]>([
    ['SCALE-Sim', { 'own.cfg': scaleSim() }, 'own'],
    ['ZigZag', { 'own.yaml': zigZag() }, 'own'],
    ['Timeloop', { 'arch.yaml': timeloop(), 'pruned.mtx': matrix() }, 'own-design'],
  ])('imports a design of %s as hardware import does', async (_, files, name) => {
    const { networks, hardware, unread } = await read(files);
    expect(unread).toEqual([]);
    const [main = ''] = Object.keys(files);
    // A problem beside the architecture is a network.
    expect(networks.map(({ file }) => file)).toEqual(
      name === 'own-design' ? ['arch.yaml', 'pruned.mtx'] : [],
    );
    const { text: preset, notes } = await importHardware({ files: [join(onDisk(files), main)] });
    const saved = join(onDisk({ 'preset.yaml': text(preset) }), 'preset.yaml');
    const { name: theirs, config } = loadHardware(saved);
    expect(hardware.map((one) => [one.file, one.hardware.config, one.notes])).toEqual([
      [`${theirs}.yaml`, config, notes],
    ]);
  });

  it("leaves mappings in folders beside Timeloop's architecture alone, and says so", async () => {
    const mapping = text('mapping:\n  - target: Buffer\n    type: temporal\n    factors: R=1\n');
    const files = { 'd/arch/a.yaml': timeloop(), 'd/map/ws.yaml': mapping, 'd/x.mtx': matrix() };
    const { networks, hardware, unread } = await read(files);
    expect(hardware).toHaveLength(1);
    expect(networks.map(({ file }) => file)).toEqual(['d/arch/a.yaml', 'd/x.mtx']);
    expect(unread).toEqual(['d/map/ws.yaml']);
    // Alone it is told that it describes nothing.
    await expect(read({ 'ws.yaml': mapping })).rejects.toThrow('ws.yaml:1:1: found no problem');
  });

  it('leaves files alone that belong to a model, and names those that nothing names', async () => {
    const files = { ...inside(tfjs()), 'net/tokenizer.json': text('{}'), 'net/README': text('x') };
    const { networks, unread } = await read(files);
    expect(networks.map(({ file }) => file)).toEqual(['net/model.json']);
    expect(unread).toEqual(['net/tokenizer.json', 'net/README']);
  });

  it('says of files that it cannot read what the command line says', async () => {
    const refused = async (files: Bytes, main: string) => {
      const folder = onDisk(files);
      const own = await read(files).then(String, (error: Error) => error.message);
      const theirs = await compare({ workloads: join(folder, main), hardware: ['eie-64'] }).then(
        String,
        (error: Error) => error.message,
      );
      expect(own).toBe(theirs.replaceAll(`${folder}/`, ''));
      expect(own).toMatch(/^[a-z]+\.[a-z]+:/);
    };
    await refused({ 'a.onnx': onnx().subarray(0, 5000) }, 'a.onnx');
    await refused({ 'a.onnx': text('version https://git-lfs.github.com/spec/v1\n') }, 'a.onnx');
    await refused(
      { 'a.mtx': text('%%MatrixMarket matrix coordinate real general\n2 2\n') },
      'a.mtx',
    );
    await refused({ 'a.yaml': text('layers: [') }, 'a.yaml');
    await refused({ 'model.json': text('{') }, 'model.json');
    await refused({ 'weights.pt': text('x') }, 'weights.pt');
    await refused({ 'a.onyx': text('x') }, 'a.onyx');
    await refused({ 'a.yaml': text('weights: ../b\nlayers: []\n') }, 'a.yaml');
  });

  it('keeps limits, and refuses a preset that extends nothing here', async () => {
    await expect(read({ 'a.onnx': onnx() }, { ...defaultLimits, fileBytes: 1000 })).rejects.toThrow(
      /^a\.onnx: found \d+ bytes, expected at most 1000$/,
    );
    await expect(read({ 'a.yaml': text('name: a\ntitle: a\nextends: eie-65\n') })).rejects.toThrow(
      "a.yaml:3:1: extends: unknown hardware 'eie-65'; did you mean eie-64?",
    );
  });

  it.each<[string, Uint8Array, boolean]>([
    ['x.onnx', onnx(), false],
    ['x.mtx', matrix(), true],
    ['x.yaml', device(), true],
    ['model.json', tfjs()['model.json'], true],
  ])('reads broken files of %s or refuses them in a line', async (file, whole, isText) => {
    const importer = {
      ...{ name: file, whole, text: isText },
      read: (bytes: Uint8Array) => read({ [file]: bytes }, fuzzLimits),
    };
    const outcomes = new Set<string>();
    for (let at = 95; at < 160; at++) outcomes.add(await attempt(importer, 7, at));
    expect(outcomes).toContain('refused');
  });
});
