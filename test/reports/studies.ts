// Views of small studies for tests of what is shown. Names that could come from a file try to run a
// script.

import { breakevenView } from '../../reports/views/breakeven.js';
import { designDifferenceView } from '../../reports/views/difference.js';
import { pruneView } from '../../reports/views/prune.js';
import { queryView } from '../../reports/views/query.js';
import { sensitivityView } from '../../reports/views/sensitivity.js';
import { stackView } from '../../reports/views/stack.js';
import { frontView, sweepView } from '../../reports/views/sweep.js';
import { validationView } from '../../reports/views/validate.js';
import { breakeven } from '../../sim/breakeven/breakeven.node.js';
import type { PruneReport } from '../../sim/prune/report.js';
import type { Step } from '../../sim/prune/state.js';
import { stack } from '../../sim/stack.node.js';
import { queryStore } from '../../sim/sweep/query.node.js';
import {
  compareDesigns,
  sensitivityOfStore,
  summarizeStore,
} from '../../sim/sweep/reading.node.js';
import { runSolo, temporaryFolder } from '../sim/sweep/small-plan.js';
import { madeUpClaims } from './claims.js';
import { HOSTILE, HOSTILE_TITLE, hostilePreset } from './comparison.js';

/** Twelve designs of which the area constraint leaves out four. */
const spec = {
  name: 'study',
  title: HOSTILE_TITLE,
  hardware: hostilePreset(),
  workloads: 'lenet-300-100',
  axes: {
    pes: [4, 8, 16],
    queue: {
      values: [
        { label: HOSTILE, set: { queueDepth: 1 } },
        { label: 'deep', set: { queueDepth: 8 } },
      ],
    },
    width: { field: 'spmat.widthBits', values: [32, 64] },
  },
  objectives: ['seconds', 'joules', 'area_mm2'],
  constraints: { area_mm2: { atMost: 8 } },
};

export async function sweepStudy() {
  const store = temporaryFolder();
  await runSolo(spec, store);
  const summary = await summarizeStore(store);
  return {
    sweep: sweepView(summary),
    front: frontView(summary),
    sensitivity: sensitivityView(await sensitivityOfStore(store)),
    diff: designDifferenceView(await compareDesigns(store, [0, 11])),
    query: queryView(await queryStore(store, 'select ordinal, pes, queue, seconds from designs')),
  };
}

export const breakevenStudy = async () =>
  breakevenView(
    await breakeven({
      workload: 'lenet-300-100',
      hardware: ['i7-5930k:dense', 'i7-5930k:sparse', 'titan-x:dense'],
      axes: ['batch'],
      seeds: 1,
      map: true,
    }),
  );

export const stackStudy = async () =>
  stackView(
    await stack({ base: 'lenet-300-100', small: 'lenet-5', hardware: ['i7-5930k', 'eie-64'] }),
  );

const layerNames = [HOSTILE, 'second'];

function step(title: string, kept: number, accuracy: number): Step {
  const weights = 1000;
  const layers = layerNames.map((name) => ({ name, weights, nonzeros: weights * kept }));
  const bytes = 8000 * kept;
  return {
    ...{
      title,
      kind: 'made up',
      validation: { accuracy, loss: 1 - accuracy, frames: 100 },
      layers,
    },
    size: {
      ...{ denseBytes: 8000, fileBytes: bytes + 100, huffmanFileBytes: bytes / 2 + 100 },
      layers: layerNames.map((name) => ({
        ...{ name, denseBytes: 4000, bytes: bytes / 2, huffmanBytes: bytes / 4 },
        ...{ codeBits: 4, gapBits: 4, huffmanCodeBits: 3.1, huffmanGapBits: 2.9 },
      })),
    },
  };
}

/** Two seeds of three steps, a curve for each of two layers, not retrained. */
const pruneReport: PruneReport = {
  ...{
    workload: HOSTILE,
    title: HOSTILE_TITLE,
    pipeline: 'made up',
    pipelineTitle: HOSTILE,
    engine: 'none',
  },
  data: {
    kind: 'pictures',
    name: HOSTILE,
    title: '',
    origin: 'synthetic',
    seed: 0,
    train: 10,
    validation: 10,
    test: 10,
    testFloor: null,
  },
  stages: [],
  seeds: [0, 1].map((seed) => ({
    seed,
    steps: [
      step('train', 1, 0.98),
      step('prune', 0.1, 0.9),
      step('retrain', 0.1, 0.97 + 0.005 * seed),
    ],
    curves: layerNames.map((layer, at) => ({
      layer,
      retrained: false,
      points: [0.05, 0.2, 1].map((density) => ({
        density,
        validation: { accuracy: 0.98 - (at + 1) * 0.1 * (1 - density), loss: 0, frames: 100 },
      })),
    })),
    tests: [],
  })),
  tests: [],
  measured: [],
  comparison: null,
};

export const pruneStudy = (comparison: PruneReport['comparison'] = null) =>
  pruneView({ ...pruneReport, comparison });

export const validateStudy = () =>
  validationView({ seed: 0, claims: madeUpClaims, summaries: [], fitted: [] }, { claims: true });
