// A small view of every kind that a page can show.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalog } from '../../hw-models/catalog.js';
import { hostModel } from '../../hw-models/host-model/index.js';
import { readPreset } from '../../hw-models/preset.js';
import { loadHardware } from '../../hw-models/presets.node.js';
import type { View } from '../../reports/document.js';
import { calibrationView } from '../../reports/views/calibrate.js';
import { chooseView } from '../../reports/views/choose.js';
import { compareView } from '../../reports/views/compare.js';
import { decoderStackView } from '../../reports/views/decoder-stack.js';
import { hardwareDifferenceView } from '../../reports/views/difference.js';
import { evaluationView } from '../../reports/views/evaluation.js';
import { generateView } from '../../reports/views/generate.js';
import { hardwareCheckView, hardwareView } from '../../reports/views/hardware.js';
import { hardwareListView } from '../../reports/views/hardware-list.js';
import { mappingView } from '../../reports/views/mapping.js';
import { measurementsView } from '../../reports/views/measurements.js';
import { publishedListView, pulledView } from '../../reports/views/pull.js';
import { runView } from '../../reports/views/run.js';
import { storageView } from '../../reports/views/storage.js';
import { whyView } from '../../reports/views/why.js';
import { workloadCheckView } from '../../reports/views/workload-check.js';
import { workloadListView, workloadView } from '../../reports/views/workloads.js';
import { choose } from '../../sim/choose.node.js';
import { compare } from '../../sim/compare.node.js';
import { generate } from '../../sim/generate/generate.node.js';
import { mapNetwork } from '../../sim/map.node.js';
import { run } from '../../sim/run.node.js';
import { decoderStack } from '../../sim/stack/decoder-chain.node.js';
import { storage } from '../../sim/storage/storage.node.js';
import { evaluateDesign } from '../../sim/timeloop.node.js';
import { publishedTables } from '../../sim/validate/tables.node.js';
import { why } from '../../sim/why.node.js';
import { publishedWeights } from '../../workloads/data/published-weights.js';
import { groups, zoo } from '../../workloads/zoo/index.js';
import { HOSTILE, smallComparison, viewOf } from './comparison.js';
import { hostValidationStudy } from './host-validation.js';
import { breakevenStudy, pruneStudy, stackStudy, sweepStudy, validateStudy } from './studies.js';

/** A decoder of two small blocks. */
function decoderFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'zeroskip-')), 'config.json');
  const config = {
    ...{ model_type: 'llama', vocab_size: 61, hidden_size: 64, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 96 },
    ...{ hidden_act: 'silu', max_position_embeddings: 64 },
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** A machine of which one number was measured. */
function calibrationStudy(): View {
  const yaml = readFileSync('hw-models/host-model/presets/zen4-host.yaml', 'utf8');
  return calibrationView(
    {
      machine: {
        ...{ model: HOSTILE, vendor: 'made up', cores: 4, clockHz: 2e9 },
        ...{ l1Bytes: 2 ** 15, l2Bytes: 2 ** 20, l3Bytes: 2 ** 24, instructionSets: ['avx2'] },
      },
      measurements: [
        {
          ...{ key: 'read.l1', what: 'read in order', unit: 'B/s', repetitions: 5 },
          ...{ value: 1e11, median: 9e10, worst: 8e10 },
        },
      ],
      turns: { cycles: new Map([['denseTap', 5]]), medianError: 0.01 },
      ...{ calls: [], farCalls: [], native: null, yaml, notes: [HOSTILE] },
      preset: readPreset(yaml, 'zen4-host', hostModel),
    },
    '/somewhere/made-up.yaml',
  );
}

const workload = 'lenet-300-100';
const hardware = ['i7-5930k', 'eie-64'];

/** Of one of each kind: the command that shows it, and, behind a comma, what of it. */
export async function everyView(): Promise<Readonly<Record<string, View>>> {
  const { sweep, front, sensitivity, diff, query } = await sweepStudy();
  const entry = zoo.get(workload);
  if (!entry) throw new Error(`no ${workload}`);
  const [weights] = publishedWeights;
  if (!weights) throw new Error('no published weights');
  const decoder = decoderFile();
  const eie = loadHardware('eie-64');
  // One workload on devices whose doubts are told, with costs and reasons.
  const alone = await compare({
    ...{ workloads: ['lenet-5'], hardware: ['i7-5930k:dense', 'scnn', 'eyeriss', 'edge-tpu'] },
    ...{ cost: true, uncertainty: true },
  });
  const causes = await why({ workloads: workload, hardware });
  return {
    compare: viewOf(await smallComparison()),
    'compare, one workload': compareView(alone, { layers: false, why: causes }),
    'compare --generate': generateView(
      await generate({ workloads: [decoder], prompt: 9, tokens: 4, hardware }),
    ),
    run: runView(await run({ workload: 'lenet-5', executor: 'auto', check: false, repeat: 1 })),
    why: whyView(causes),
    choose: chooseView(await choose({ workload, hardware, limits: { latency: 1e-3 } })),
    storage: storageView(await storage({ workload, hardware: ['i7-5930k'] })),
    breakeven: await breakevenStudy(),
    stack: await stackStudy(),
    'stack, of a decoder': decoderStackView(
      await decoderStack(
        { workload: decoder, context: 8, hardware: ['i7-5930k'] },
        publishedTables,
      ),
    ),
    ...{ sweep, front, sensitivity, diff, query },
    prune: pruneStudy(),
    'prune, compared': pruneStudy((await compare({ workloads: workload, hardware }))[0] ?? null),
    calibrate: calibrationStudy(),
    validate: validateStudy(),
    'validate --host': hostValidationStudy(),
    'validate --measurements': measurementsView(
      { compared: [], summaries: [], left: [{ reason: 'no such device', rows: 3 }] },
      { rows: true },
    ),
    'hardware list': hardwareListView({
      ...{ families: catalog, modelled: [eie], measured: [], aliases: new Map(), errors: [] },
    }),
    'hardware show': hardwareView(eie),
    'hardware check': hardwareCheckView('eie-64.yaml', eie),
    'hardware evaluate': evaluationView(
      await evaluateDesign({ files: ['test/fixtures/architectures/own-design.yaml'] }),
    ),
    'hardware diff': hardwareDifferenceView(eie, loadHardware('eie-256')),
    'hardware map': mappingView(
      await mapNetwork({ hardware: 'eyeriss', workload, batch: 1, seed: 0, budget: 100 }),
    ),
    'workloads list': workloadListView([entry], groups),
    'workloads show': workloadView(entry),
    'workloads check': workloadCheckView('mine.onnx', [entry]),
    pull: publishedListView(publishedWeights),
    'pull, one': pulledView({ weights, file: 'weights.bin', transferred: 0 }),
  };
}
