// A comparison as the JSON and CSV that scripts rely on.

import type { NamedComparison } from '../../sim/compare.node.js';
import type { Comparison, HardwareResult } from '../../sim/result.js';
import type { ParameterSensitivity } from '../../sim/uncertainty.js';
import { verdictOf } from '../../sim/verdict.js';
import type { Why } from '../../sim/why.js';
import type { Records } from '../records.js';
import { servingJson } from './serving.js';
import { askedAs } from './subject.js';
import { verdictText } from './verdict.js';
import { whyJson } from './why.js';

export function comparisonJson(comparison: NamedComparison, why: readonly Why[]) {
  const { workload, batch, seed, results, importNotes } = comparison;
  const causes = why.filter(({ workload: name }) => name === workload.name);
  return {
    workload: {
      name: workload.name,
      title: workload.title,
      parameters: workload.parameters,
      weights: workload.weights,
      nonzeros: workload.nonzeros,
      macs_dense: workload.macsDense,
      macs_nonzero: workload.macsNonzero,
      weights_origin: workload.weightsOrigin,
      activations_origin: workload.activationsOrigin,
      activation_density: workload.activationDensity,
      layers: workload.layers.map((layer) => ({
        name: layer.name,
        kind: layer.kind,
        parameters: layer.parameters,
        nonzeros: layer.nonzeros,
        macs_dense: layer.macsDense,
        macs_nonzero: layer.macsNonzero,
        activation_density: layer.activationDensity,
        activations_origin: layer.activationsOrigin,
      })),
    },
    batch,
    seed,
    verdict: verdictText(verdictOf([comparison])),
    import_notes: importNotes,
    ...(causes.length > 0 ? { why: causes.map(whyJson) } : {}),
    results: results.map((result) => resultJson(result, batch)),
  };
}

function resultJson(result: HardwareResult, batch: number) {
  return {
    hardware: result.hardware,
    ...askedAs(result.calledAs),
    kernel: result.kernel,
    precisions: result.precisions,
    known_error: result.knownError && {
      median: result.knownError.median,
      figures: result.knownError.figures,
      kind: result.knownError.kind,
    },
    family: result.family,
    origin: result.origin,
    engine: result.engine,
    cycles: result.cycles,
    seconds: result.seconds,
    ...(result.spread
      ? { runs: result.spread.runs, seconds_min: result.spread.min, seconds_max: result.spread.max }
      : {}),
    seconds_per_frame: result.seconds / batch,
    frames_per_second: result.framesPerSecond,
    joules: result.joules,
    joules_origin: result.joulesOrigin,
    joules_per_frame: result.joules === null ? null : result.joules / batch,
    watts: result.watts,
    area_mm2: result.areaMm2,
    speedup: result.speedup,
    energy_ratio: result.energyRatio,
    bound: result.bound,
    ...servingJson(result.serving),
    ...(result.sensitivities ? { uncertainty: result.sensitivities.map(sensitivityJson) } : {}),
    notes: result.notes,
    layers: result.layers,
  };
}

function sensitivityJson({ path, figure, less, more }: ParameterSensitivity) {
  return { number: path, value: figure.published, from: figure.from, less, more };
}

export function resultRecords(comparisons: readonly Comparison[]): Records {
  const isPriced = comparisons.some(({ pricing }) => pricing !== null);
  return {
    columns: [
      ...[
        'workload',
        'weights_origin',
        'activations_origin',
        'batch',
        'seed',
        'hardware',
        'kernel',
        'family',
        'origin',
      ],
      ...[
        'cycles',
        'seconds',
        'frames_per_second',
        'joules',
        'joules_origin',
        'watts',
        'area_mm2',
        'speedup',
        'energy_ratio',
        'bound',
        'precision',
        'known_error',
      ],
      ...(isPriced ? ['dollars_per_million', 'grams_co2e_per_million'] : []),
    ],
    rows: comparisons.flatMap(({ workload, batch, seed, results }) =>
      results.map((r) => [
        ...[workload.name, workload.weightsOrigin, workload.activationsOrigin, batch, seed],
        ...[
          r.hardware,
          r.kernel,
          r.family,
          r.origin,
          r.cycles,
          r.seconds,
          r.framesPerSecond,
          r.joules,
          r.joulesOrigin,
          r.watts,
        ],
        ...[r.areaMm2, r.speedup, r.energyRatio, r.bound],
        ...[r.precisions.join('+'), r.knownError?.median ?? null],
        ...(isPriced
          ? [r.serving?.dollarsPerMillion ?? null, r.serving?.gramsCo2ePerMillion ?? null]
          : []),
      ]),
    ),
  };
}

export function layerRecords(comparisons: readonly Comparison[]): Records {
  return {
    columns: [
      ...[
        'workload',
        'batch',
        'seed',
        'hardware',
        'family',
        'origin',
        'layer',
        'kernel',
        'nonzeros',
      ],
      ...['cycles', 'seconds', 'joules', 'bound'],
    ],
    rows: comparisons.flatMap(({ workload, batch, seed, results }) =>
      results.flatMap((result) =>
        result.layers.map((layer) => [
          ...[workload.name, batch, seed, result.hardware, result.family, result.origin],
          ...[
            layer.name,
            layer.kernel,
            layer.nonzeros,
            layer.cycles,
            layer.seconds,
            layer.joules,
            layer.bound,
          ],
        ]),
      ),
    ),
  };
}
