// TensorFlow.js models of other projects compute here what TensorFlow.js computes of them.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultLimits } from '../../../../workloads/formats/source.js';
import { readTfjs } from '../../../../workloads/formats/tfjs/read.js';
import type { NamedTensor } from '../../../../workloads/network.js';
import { refusal } from '../source.js';
import { compared } from './models.js';

const folder = join(import.meta.dirname, '../../../../../shared');
const networks = join(folder, 'models/networks');

function file(path: string) {
  return {
    ...{ name: path, bytes: new Uint8Array(readFileSync(path)), limits: defaultLimits },
    async beside(name: string) {
      const other = join(dirname(path), name);
      return existsSync(other) ? new Uint8Array(readFileSync(other)) : null;
    },
  };
}

async function load(path: string) {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const manifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[] =
    json.weightsManifest;
  const bytes = Buffer.concat(
    manifest.flatMap(({ paths }) => paths.map((name) => readFileSync(join(dirname(path), name)))),
  );
  const artifacts = {
    ...json,
    weightSpecs: manifest.flatMap(({ weights }) => weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  };
  if (!json.modelTopology.node) {
    const model = await layers.loadLayersModel(tf.io.fromMemory(artifacts));
    const run = (inputs: ReadonlyMap<string, tf.Tensor>) => model.predict([...inputs.values()]);
    return { run, shapes: model.inputs.map(({ shape }) => shape) };
  }
  const model = new GraphModel(tf.io.fromMemorySync(artifacts));
  model.load();
  const run = (inputs: ReadonlyMap<string, tf.Tensor>) => model.execute(Object.fromEntries(inputs));
  return {
    run,
    shapes: model.inputs.map(({ shape }) => shape ?? []),
    names: model.inputs.map(({ name }) => name),
  };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const agreeing = [
  ...[
    'antispoof',
    'blazeface',
    'facemesh-detection-short',
    'gear',
    'gender',
    'meet',
    'movenet-lightning',
  ].map((name) => `human/${name}`),
  ...['ml5_crepe', 'tfjsex_prefetch', 'ts_lenet'],
];

describe.skipIf(!existsSync(networks))('models of other projects', () => {
  it.each(agreeing)(
    '%s',
    async (name) => {
      const path = join(networks, name, 'model.json');
      const [entry] = await readTfjs(file(path));
      if (!entry) throw new Error('no network');
      const { run, shapes, names } = await load(path);
      const order = entry.network.inputs;
      // Colours from 0 to 255, or entries of tables.
      const below = name.startsWith('human/') ? 256 : 10;
      const shapeOf = (input: NamedTensor) => {
        const at = names
          ? names.findIndex((each) => each.replace(/:0$/, '') === input.name)
          : order.indexOf(input);
        return (shapes[at] ?? []).map((extent) => (extent === null || extent < 0 ? 1 : extent));
      };
      const distance = await compared(entry, run, shapeOf, below);
      expect(distance).toBeLessThan(1e-4);
    },
    60_000,
  );

  it.each(['ml5_darknet_ref', 'ts_yolov2tiny'])('%s without its weight files', async (name) => {
    const [entry] = await readTfjs(file(join(networks, name, 'model.json')));
    expect(entry?.weights).toBeUndefined();
    expect(entry?.notes?.some((note) => note.includes('all weights are random'))).toBe(true);
  });

  it('text and loops are refused in one line', async () => {
    const message = await refusal(() =>
      readTfjs(file(join(networks, 'guesslang-tfjs/model.json'))),
    );
    expect(message).toContain(
      'found input Placeholder of text; texts and tables of them (StringToHashBucketFast); loops (',
    );
  });
});

describe.skipIf(!existsSync(join(folder, 'cases/tfjs')))('Keras 3', () => {
  it('graphs of layers are read', async () => {
    const [entry] = await readTfjs(file(join(folder, 'cases/tfjs/keras3_func/model.json')));
    expect(entry?.network.layers.map(({ kind }) => kind)).toEqual(['conv2d', 'add']);
  });
});
