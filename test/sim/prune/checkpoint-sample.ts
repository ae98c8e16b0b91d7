// A checkpoint with one of everything, and the study that it might belong to.

import type { Checkpoint } from '../../../sim/prune/checkpoint.node.js';
import type { TrainStage } from '../../../sim/prune/stages.js';
import type { StudyRequest } from '../../../sim/prune/store.node.js';
import type { LayerParameters, Parameters } from '../../../workloads/train/parameters.js';

const wave = (count: number) => Float32Array.from({ length: count }, (_, at) => Math.sin(at + 1));

const fc: LayerParameters = {
  ...{ rows: 2, columns: 3, weights: Float32Array.of(0, 0.5, -0.5, 0, 0.5, 0.5), bias: wave(2) },
  mask: Uint8Array.of(0, 1, 1, 0, 1, 1),
  binding: {
    kind: 'shared',
    centroids: Float32Array.of(0, 0.5, -0.5),
    codes: Uint16Array.of(0, 1, 2, 0, 1, 1),
  },
};
const conv: LayerParameters = {
  ...{ rows: 1, columns: 16, weights: wave(16), bias: null, mask: null },
  binding: { kind: 'winograd', tile: 2 },
};
const rounded: LayerParameters = { ...fc, mask: null, binding: { kind: 'ternary' } };
const grouped: LayerParameters = { ...fc, binding: { kind: 'grouped', bits: 4, group: 32 } };

const validation = { accuracy: 0.75, loss: 0.5, frames: 40 };

export const checkpoint: Checkpoint = {
  study: 'a study',
  seed: 3,
  state: {
    ...{ stage: 2, unit: 1 },
    parameters: new Map([
      ['fc', fc],
      ['conv', conv],
    ]),
    optimizer: {
      velocities: new Map([
        ['fc', { weights: wave(3), bias: wave(2) }],
        ['conv', { weights: wave(16), bias: null }],
      ]),
      squares: new Map([
        ['fc', { weights: wave(3), bias: wave(2) }],
        ['conv', { weights: wave(16), bias: null }],
      ]),
      steps: 7,
    },
    marks: new Map<string, Parameters>([
      ['kept', new Map([['fc', rounded]])],
      ['in groups', new Map([['fc', grouped]])],
    ]),
    steps: [
      {
        ...{
          title: 'dense',
          kind: 'train',
          validation,
          layers: [{ name: 'fc', weights: 6, nonzeros: 4 }],
        },
        size: {
          ...{ denseBytes: 24, fileBytes: 200, huffmanFileBytes: 190 },
          layers: [
            {
              ...{ name: 'fc', denseBytes: 24, bytes: 12, huffmanBytes: 10 },
              ...{ codeBits: 2, huffmanCodeBits: 1.5, gapBits: null, huffmanGapBits: null },
            },
          ],
        },
      },
    ],
    curves: [{ layer: 'fc', retrained: false, points: [{ density: 0.5, validation }] }],
    tests: [{ name: 'kept', test: validation }],
  },
};

const train: TrainStage = {
  ...{ kind: 'train', title: 'dense', epochs: 3, rate: 0.1, momentum: 0.9, batch: 16 },
  ...{ warmUp: 0, optimizer: 'adam' },
  ...{ l1: 0, l2: 1e-4, dropout: 0, shift: 2, thinning: null },
};

export const study: StudyRequest = {
  ...{
    workload: 'lenet-300-100',
    sha256: null,
    pipeline: 'deep-compression',
    data: 'procedural',
    dataSeed: 0,
  },
  weights: null,
  stages: [
    train,
    { kind: 'mark', name: 'dense' },
    { kind: 'sensitivity', title: 'sensitivity', densities: [1, 0.2], retrain: train },
    {
      ...{ kind: 'prune', title: 'all at once', pattern: { kind: 'n-of-m', keep: 2, of: 4 } },
      rule: { by: 'target', density: 0.1, allocation: 'published', except: ['fc9'] },
      criterion: 'wanda',
    },
    { kind: 'restore', name: 'dense' },
    {
      ...train,
      thinning: {
        ...{
          rule: { by: 'densities', densities: { fc1: 0.1 } },
          pattern: { kind: 'block', rows: 4, columns: 4 },
          criterion: 'magnitude',
        },
        ...{ prunings: 3, epochsEach: 1 },
      },
    },
    {
      kind: 'prune',
      title: 'pruned',
      rule: { by: 'quality', quality: { fc1: 1.5 } },
      pattern: { kind: 'free' },
      criterion: 'magnitude',
    },
    { kind: 'group', title: '4 bits', bits: { dense: 4 }, group: 32 },
    { kind: 'share', title: 'shared', bits: { dense: 5 }, initialisation: 'linear' },
    { kind: 'transform', title: 'transformed', tile: 2 },
    { kind: 'densify', title: 'dense again' },
    { kind: 'round', title: 'rounded', to: 'ternary', layers: ['fc1'] },
    { kind: 'test' },
  ],
};
