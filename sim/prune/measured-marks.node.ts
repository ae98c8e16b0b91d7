// The networks that a study over text keeps, really run on this machine: characters a second of a
// decode pass, and the perplexity of what the engine computes.

import type { Executor } from '../../hw-models/host/contract.js';
import { createExecutor } from '../../hw-models/host/executors.js';
import { InputError } from '../../workloads/base/errors.js';
import { measureSize } from '../../workloads/compress/size.js';
import type { TrainingData } from '../../workloads/datasets/dataset.js';
import { onlyInput } from '../../workloads/network.js';
import { evaluationBatches } from '../../workloads/train/batches.js';
import { crossEntropy } from '../../workloads/train/loss.js';
import type { TrainableNetwork } from '../../workloads/train/network.js';
import type { Parameters } from '../../workloads/train/parameters.js';
import type { ZooEntry } from '../../workloads/zoo/entry.js';
import { decoderOf } from '../generate/decoder.node.js';
import { medianRun } from '../measured.js';
import { silent } from '../progress.js';
import { total } from '../summary.js';
import { traceRandom } from '../trace.js';
import type { MeasuredMark } from './report.js';
import { modelOf } from './save.node.js';
import type { LabState } from './state.js';

/** Windows that the engine's logits are judged on. */
const WINDOWS = 128;
/** Timed passes over one character: a tenth of a second, so that all code is compiled long before. */
const REPEAT = 2001;

/** Every kept network, on each executor that has something to say of it. Pictures: none. */
export async function measureMarks(
  study: { readonly workload: string },
  entry: ZooEntry,
  trained: TrainableNetwork,
  data: TrainingData,
  { marks }: LabState,
): Promise<readonly MeasuredMark[]> {
  if (data.kind !== 'text') return [];
  const context = trained.inputSize - 1;
  const open = await decoderOf(study.workload, {});
  const { entry: pass } = await open({ sequence: 1, past: context });
  const { inputs } = traceRandom(pass.network, pass.densities, 0);
  const measured: MeasuredMark[] = [];
  for (const [name, parameters] of marks) {
    const { fileBytes } = measureSize(entry.network, parameters);
    for (const executor of executorsFor(parameters)) {
      const model = modelOf(pass.network, parameters);
      const { run } = await medianRun(executor, model, inputs, {
        ...{ batch: 1, repeat: REPEAT, energy: null, progress: silent },
      });
      const { engine } = await executor.describe();
      measured.push({
        ...{ name, executor: executor.name, engine, context, fileBytes },
        secondsPerCharacter: total(run.layers.map((layer) => layer.seconds)),
        ...(await perplexityOn(executor, trained, parameters, data)),
      });
    }
  }
  return measured;
}

/** The exact kernels, and those that read a bitmask or 4-bit weights where these are kept so. */
function executorsFor(parameters: Parameters): readonly Executor[] {
  const layers = [...parameters.values()];
  const isPruned = layers.some(({ mask }) => mask !== null);
  const isIn4Bits = layers.some(
    ({ binding }) => binding.kind === 'grouped' && binding.bits === 4 && binding.group === 32,
  );
  const names = ['auto', ...(isPruned ? ['bfloat16-sparse'] : []), ...(isIn4Bits ? ['int4'] : [])];
  return names.map((name) => createExecutor(name));
}

async function perplexityOn(
  executor: Executor,
  trained: TrainableNetwork,
  parameters: Parameters,
  data: TrainingData,
): Promise<Pick<MeasuredMark, 'perplexity' | 'characters'>> {
  const [batch] = evaluationBatches(data, 'test', trained, WINDOWS);
  if (!batch) throw new InputError('found no window of text, expected at least one');
  const loaded = await executor.load(modelOf(trained.network, parameters));
  try {
    const frames = batch.labels.length / trained.labelsPerFrame;
    const input = onlyInput(trained.network).name;
    const { output } = await loaded.run(new Map([[input, Float64Array.from(batch.input)]]), frames);
    const { loss } = crossEntropy(output, batch.labels);
    return {
      perplexity: Math.exp(loss / batch.labels.length),
      characters: batch.labels.length,
    };
  } finally {
    loaded.dispose();
  }
}
