// Checkpoints come back to the bit, and nothing but a whole one of the same run is gone on with.

import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readCheckpoint,
  sealCheckpoint,
  writeCheckpoint,
} from '../../../sim/prune/checkpoint.node.js';
import { initialState } from '../../../sim/prune/pipeline.js';
import type { LabState } from '../../../sim/prune/state.js';
import {
  openStore,
  parseStudy,
  resumeStudy,
  type StudyRequest,
} from '../../../sim/prune/store.node.js';
import { InputError } from '../../../workloads/base/errors.js';
import { readSafetensors } from '../../../workloads/formats/safetensors.js';
import { buildNetwork } from '../../../workloads/graph.js';
import { initialise, type LayerParameters } from '../../../workloads/train/parameters.js';
import { checkpoint, study } from './checkpoint-sample.js';

/** The header, changed, with a digest that is right for it. */
function resealed(change: (header: Record<string, unknown>) => void): Uint8Array {
  const { metadata, tensors } = readSafetensors(writeCheckpoint(checkpoint), 'x');
  const header = JSON.parse(metadata.checkpoint ?? '') as Record<string, unknown>;
  change(header);
  return sealCheckpoint(JSON.stringify(header), tensors);
}

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'nothing is wrong';
}

describe('a checkpoint', () => {
  it('comes back as it was: shared, ternary, pruned and transformed layers, marks and velocities', () => {
    const bytes = writeCheckpoint(checkpoint);
    expect(readCheckpoint(bytes, 'x')).toEqual(checkpoint);
    expect(Buffer.compare(writeCheckpoint(readCheckpoint(bytes, 'x')), bytes)).toBe(0);
  });

  it('is refused wherever a bit of it has changed', () => {
    const bytes = writeCheckpoint(checkpoint);
    for (let at = 0; at < bytes.length; at++) {
      const broken = Uint8Array.from(bytes);
      broken[at] = (broken[at] as number) ^ (1 << (at % 8));
      // Spaces that fill a header up to eight bytes say nothing.
      if (messageOf(() => readCheckpoint(broken, 'x')) === 'nothing is wrong') {
        expect(readCheckpoint(broken, 'x')).toEqual(checkpoint);
        expect(bytes[at]).toBe(0x20);
      }
    }
  });

  it.each<[string, (header: Record<string, unknown>) => void, string]>([
    [
      'an older form',
      (header) => Object.assign(header, { format: 1 }),
      'format: found 1, expected 3',
    ],
    [
      'a stage below zero',
      (header) => Object.assign(header, { stage: -1 }),
      'stage: found -1, expected a whole number',
    ],
    ['no marks', (header) => delete header.marks, 'marks: missing, expected a list'],
    [
      'an unknown key',
      (header) => Object.assign(header, { stages: 1 }),
      'stages: unknown key; did you mean stage?',
    ],
    [
      'more weights',
      (header) => Object.assign(layerOf(header, 0), { rows: 7 }),
      'tensor /fc/weights: found 6 of F32',
    ],
    [
      'a layer twice',
      (header) => Object.assign(layerOf(header, 1), layerOf(header, 0)),
      'found a layer twice',
    ],
    [
      'tiles of no domain',
      (header) => Object.assign(layerOf(header, 0), { tile: 2 }),
      'layers.0.tile: found 2 for shared',
    ],
    [
      'a network of no mark',
      (header) => Object.assign(header, { marks: ['other'] }),
      'found a network that has no mark',
    ],
    [
      'a layer without arrays',
      (header) => Object.assign(layerOf(header, 0), { name: 'fd' }),
      'tensor /fd/weights: found none',
    ],
    [
      'velocities that are not there',
      (header) =>
        Object.assign(header, {
          marks: ['kept', 'in groups'],
          training: { steps: 1, squares: false },
          layers: layersOf(header).map((layer) => ({
            ...layer,
            ...(layer.name === 'conv' ? { binding: 'shared', tile: null } : {}),
          })),
        }),
      'tensor /conv/centroids: found none',
    ],
  ])('is refused with %s', (_, change, message) => {
    const found = messageOf(() => readCheckpoint(resealed(change), 'x'));
    expect(found).toMatch(/^x: /);
    expect(found).toContain(message);
    expect(found).not.toContain('\n');
  });

  it.each<[string, Partial<LayerParameters>, string]>([
    [
      'weights that are no numbers',
      { weights: new Float32Array(6).fill(Number.NaN) },
      'found NaN, expected finite numbers',
    ],
    ['a mask of twos', { mask: new Uint8Array(6).fill(2) }, 'found 2, expected numbers below 2'],
    [
      'codes beyond the table',
      {
        binding: {
          kind: 'shared',
          centroids: Float32Array.of(0, 1),
          codes: Uint16Array.of(0, 1, 2, 0, 0, 0),
        },
      },
      'found 2, expected numbers below 2',
    ],
  ])('is refused with %s', (_, change, message) => {
    const parameters = new Map(
      [...checkpoint.state.parameters].map(([name, layer]) => [
        name,
        name === 'fc' ? { ...layer, ...change } : layer,
      ]),
    );
    const bytes = writeCheckpoint({
      ...checkpoint,
      state: { ...checkpoint.state, parameters, optimizer: null },
    });
    expect(messageOf(() => readCheckpoint(bytes, 'x'))).toContain(message);
  });
});

const layersOf = (header: Record<string, unknown>) =>
  header.layers as readonly Record<string, unknown>[];
const layerOf = (header: Record<string, unknown>, at: number) =>
  layersOf(header)[at] as Record<string, unknown>;

describe("a study's folder", () => {
  const network = (outputs: number, bias = true) =>
    buildNetwork({
      ...{ name: 'small', title: 'small', input: [1, 2, 2], source: { work: 'test', at: 'here' } },
      layers: [{ kind: 'dense', name: 'fc', outputs, bias, activation: 'none' }],
    });
  const open = (folder: string, request: StudyRequest = study) =>
    openStore(folder, request, [0, 1]);
  const folderOf = () => mkdtempSync(join(tmpdir(), 'zeroskip-study-'));
  const begun: LabState = initialState(initialise(network(3), 0));

  it('gives back what was saved, and nothing where nothing was', async () => {
    const folder = folderOf();
    const store = await open(folder);
    await store.save(0, begun);
    expect(await store.load(0, network(3))).toEqual(begun);
    expect(await store.load(1, network(3))).toBeNull();
    expect((await resumeStudy(folder)).request).toEqual(study);
  });

  it("refuses another seed's, another study's and another network's checkpoint", async () => {
    const folder = folderOf();
    const store = await open(folder);
    await store.save(0, begun);
    await expect(store.load(0, network(4))).rejects.toThrow(
      'seed-0.checkpoint: found a layer fc of another size, expected 4×4 weights',
    );
    await expect(store.load(0, network(3, false))).rejects.toThrow(
      'found a layer fc of another size',
    );
    const other = buildNetwork({
      ...{ ...network(3), outputs: ['fd'] },
      layers: [{ kind: 'dense', name: 'fd', outputs: 3, bias: true, activation: 'none' }],
    });
    await expect(store.load(0, other)).rejects.toThrow('found weights of fc, expected of fd');

    renameSync(join(folder, 'seed-0.checkpoint'), join(folder, 'seed-1.checkpoint'));
    await expect(store.load(1, network(3))).rejects.toThrow(
      'found a checkpoint of seed 0, expected 1',
    );

    const elsewhere = folderOf();
    const second = await open(elsewhere, { ...study, dataSeed: 5 });
    writeFileSync(
      join(elsewhere, 'seed-0.checkpoint'),
      readFileSync(join(folder, 'seed-1.checkpoint')),
    );
    await expect(second.load(0, network(3))).rejects.toThrow(
      "found another study's checkpoint, expected this one's",
    );
  });

  it.each<[string, object, string]>([
    ['no seeds', { request: study, seeds: [] }, 'x: seeds: found [], expected'],
    [
      'a stage without epochs',
      { request: { ...study, stages: [{ ...study.stages[0], epochs: undefined }] }, seeds: [0] },
      'x: request.stages.0.epochs: missing, expected a',
    ],
    [
      'a way back to nothing',
      { request: { ...study, stages: [{ kind: 'restore', name: 'dense' }] }, seeds: [0] },
      "found a way back to 'dense', which nothing keeps",
    ],
    [
      'a stage of another kind',
      { request: { ...study, stages: [{ kind: 'melt' }] }, seeds: [0] },
      'x: request.stages.0.kind: found "melt", expected',
    ],
  ])('refuses a study with %s', (_, json, message) => {
    expect(
      messageOf(() => parseStudy(new TextEncoder().encode(JSON.stringify(json)), 'x')),
    ).toContain(message);
  });
});
