// A pruning study: accuracy or perplexity and size after each step, layers, sensitivity, the test
// set, networks over text as they really ran, and the network on hardware.

import { MARKS } from '../../sim/prune/recipes.js';
import type {
  DataSummary,
  PruneReport,
  SeedReport,
  Spread,
  TestSummary,
} from '../../sim/prune/report.js';
import type { Accuracy, LayerState, Step } from '../../sim/prune/state.js';
import { pruningCharts } from '../charts/pruning.js';
import { left, right, type Section, type View } from '../document.js';
import { count, percent, ratio, UNKNOWN } from '../quantity.js';
import type { Records } from '../records.js';
import { compareView } from './compare.js';

export function pruneView(report: PruneReport): View {
  const compared =
    report.comparison &&
    compareView([{ ...report.comparison, group: null, importNotes: [] }], { layers: false });
  return {
    sections: (style) => [
      stepsSection(report),
      layersSection(report),
      ...sensitivitySections(report),
      ...testSections(report),
      ...measuredSections(report),
      ...(compared?.sections(style) ?? []),
    ],
    title: 'zeroskip prune',
    subject: `${report.workload}: what pruning costs and buys`,
    charts: () => [
      { heading: 'What pruning costs', charts: pruningCharts(report) },
      ...(compared?.charts?.() ?? []),
    ],
    json: () => ({
      ...pruneJson(report),
      comparison: compared && (compared.json() as readonly unknown[])[0],
    }),
    records: () => stepRecords(report),
  };
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** '2.35 %'; two places, as errors of single frames would show. */
const errorText = (share: number) => `${(100 * share).toFixed(2)} %`;

/** What a network is judged by: the error of pictures, the perplexity of a text. */
function judgedBy({ kind }: DataSummary) {
  return kind === 'text'
    ? {
        heading: 'perplexity',
        text: (accuracies: readonly Accuracy[]) => perplexityText(accuracies),
      }
    : {
        heading: 'error',
        text: (accuracies: readonly Accuracy[]) =>
          errorText(mean(accuracies.map(({ accuracy }) => 1 - accuracy))),
      };
}

const perplexityText = (accuracies: readonly Accuracy[]) =>
  mean(accuracies.map(({ loss }) => Math.exp(loss))).toFixed(3);

const examplesOf = ({ kind }: DataSummary) => (kind === 'text' ? 'characters' : 'pictures');

function stepsSection({
  workload,
  title,
  pipeline,
  pipelineTitle,
  data,
  engine,
  seeds,
}: PruneReport): Section {
  const judged = judgedBy(data);
  const parts = `${count(data.train)} ${examplesOf(data)} to train on, ${count(data.validation)} to validate, ${count(data.test)} to test`;
  const several = seeds.length > 1;
  return {
    heading: `${workload} · ${title}, ${pipeline}`,
    lines: [
      pipelineTitle,
      `data ${data.name} (${data.origin}, seed ${data.seed}): ${parts}`,
      `${engine} · seed${several ? 's' : ''} ${seeds.map(({ seed }) => seed).join(', ')}${several ? ' (means)' : ''}`,
    ],
    table: {
      columns: [
        left('step'),
        right('weights kept'),
        right('fewer'),
        right(judged.heading),
        right('file, bytes'),
        right('Huffman'),
        right('smaller'),
      ],
      rows: alignedSteps(seeds).map((steps) => {
        const kept = mean(steps.map(({ layers }) => keptShare(layers)));
        const coded = mean(steps.map(({ size }) => size.huffmanFileBytes));
        return [
          (steps[0] as Step).title,
          percent(kept),
          ratio(1 / kept),
          judged.text(steps.map(({ validation }) => validation)),
          Math.round(mean(steps.map(({ size }) => size.fileBytes))).toLocaleString('en-US'),
          Math.round(coded).toLocaleString('en-US'),
          ratio(mean(steps.map(({ size }) => size.denseBytes)) / coded),
        ];
      }),
    },
    notes: [
      `${judged.heading} on the validation part; sizes of whole files, written and read back, against 32 bits a weight`,
    ],
  };
}

/** The steps that belong together, seed by seed. */
function alignedSteps(seeds: readonly SeedReport[]): readonly (readonly Step[])[] {
  return (seeds[0]?.steps ?? []).map((_, at) => seeds.flatMap(({ steps }) => steps[at] ?? []));
}

function keptShare(layers: readonly LayerState[]): number {
  const total = layers.reduce((sum, { weights }) => sum + weights, 0);
  return layers.reduce((sum, { nonzeros }) => sum + nonzeros, 0) / total;
}

/** The last step before the dense control. */
function finalStep({ steps }: SeedReport): Step | undefined {
  return steps.filter(({ title }) => !title.startsWith('dense control')).at(-1);
}

function layersSection({ seeds }: PruneReport): Section {
  const [first] = seeds;
  const step = first && finalStep(first);
  const bits = (plain: number | null, coded: number | null) =>
    plain === null ? UNKNOWN : `${plain}${coded === null ? '' : ` → ${coded.toFixed(1)}`}`;
  return {
    heading: 'Layers at the end',
    lines: [
      `seed ${first?.seed}; bits of a code and of a gap as they are → as Huffman's code has them`,
    ],
    table: {
      columns: [
        left('layer'),
        right('weights'),
        right('kept'),
        right('code bits'),
        right('gap bits'),
        right('bytes'),
        right('of dense'),
      ],
      rows: (step?.layers ?? []).map(({ name, weights, nonzeros }, at) => {
        const size = step?.size.layers[at];
        return [
          name,
          count(weights),
          percent(nonzeros / weights),
          bits(size?.codeBits ?? null, size?.huffmanCodeBits ?? null),
          bits(size?.gapBits ?? null, size?.huffmanGapBits ?? null),
          (size?.huffmanBytes ?? 0).toLocaleString('en-US'),
          size ? percent(size.huffmanBytes / size.denseBytes) : UNKNOWN,
        ];
      }),
    },
  };
}

function sensitivitySections({ seeds, data }: PruneReport): readonly Section[] {
  const [first] = seeds;
  const judged = judgedBy(data);
  const kinds = [false, true].filter((retrained) =>
    first?.curves.some((curve) => curve.retrained === retrained),
  );
  return kinds.map((retrained) => {
    const curves = (first?.curves ?? []).filter((curve) => curve.retrained === retrained);
    const densities = curves[0]?.points.map(({ density }) => density) ?? [];
    return {
      heading: `Sensitivity${retrained ? ', retrained' : ', not retrained'}`,
      lines: [
        `${judged.heading} on the validation part with one layer pruned to a share of its weights`,
      ],
      table: {
        columns: [left('layer'), ...densities.map((density) => right(percent(density)))],
        rows: curves.map(({ layer }) => [
          layer,
          ...densities.map((_, at) => {
            const points = seeds.flatMap(
              ({ curves: own }) =>
                own.find((curve) => curve.layer === layer && curve.retrained === retrained)?.points[
                  at
                ] ?? [],
            );
            return judged.text(points.map(({ validation }) => validation));
          }),
        ]),
      },
    };
  });
}

function testSections(report: PruneReport): readonly Section[] {
  const { tests, seeds, data } = report;
  if (tests.length === 0) return [];
  if (data.kind === 'text') return [textTestSection(report)];
  const points = (spread: Spread | null) =>
    spread === null
      ? UNKNOWN
      : `${spread.mean >= 0 ? '+' : ''}${(100 * spread.mean).toFixed(2)}${deviation(spread)}`;
  const withControl = tests.some(({ name }) => name === MARKS.control);
  return [
    {
      heading: `Test set, ${count(data.test)} pictures, looked at once`,
      lines:
        seeds.length > 1
          ? [`mean ± standard deviation over ${seeds.length} seeds; differences seed by seed`]
          : [],
      table: {
        columns: [
          left('network'),
          right('error'),
          right('points above dense'),
          ...(withControl ? [right('above dense, trained as long')] : []),
        ],
        rows: tests.map(({ name, error, aboveDense, aboveControl }) => [
          name,
          `${(100 * error.mean).toFixed(2)}${deviation(error)} %`,
          points(aboveDense),
          ...(withControl ? [points(aboveControl)] : []),
        ]),
      },
    },
  ];
}

function textTestSection({ tests, seeds, data }: PruneReport): Section {
  const dense = tests.find(({ name }) => name === MARKS.dense);
  const several = seeds.length > 1;
  const floor =
    data.testFloor === null
      ? []
      : [
          `whoever knows the grammar and all that came before: ${Math.exp(data.testFloor).toFixed(3)}`,
        ];
  return {
    heading: `Test text, ${count(data.test)} characters, looked at once`,
    lines: [...floor, ...(several ? [`mean ± standard deviation over ${seeds.length} seeds`] : [])],
    table: {
      columns: [
        left('network'),
        right('perplexity'),
        right('of dense'),
        right('next characters right'),
      ],
      rows: tests.map(({ name, perplexity, error }) => [
        name,
        spreadText(perplexity, 3),
        dense ? percent(perplexity.mean / dense.perplexity.mean) : UNKNOWN,
        `${(100 * (1 - error.mean)).toFixed(2)} %`,
      ]),
    },
  };
}

function spreadText({ mean: value, deviation: spread }: Spread, places: number): string {
  return `${value.toFixed(places)}${spread === null ? '' : ` ± ${spread.toFixed(places)}`}`;
}

function measuredSections({ measured, seeds }: PruneReport): readonly Section[] {
  const [first] = measured;
  if (!first) return [];
  return [
    {
      heading: 'Really run here',
      lines: [
        `seed ${seeds[0]?.seed}; one character behind ${first.context}, batch 1; perplexity of the engine's own logits on ${count(first.characters)} characters of the test text`,
      ],
      table: {
        columns: [
          left('network'),
          left('executor'),
          right('characters/s'),
          right('perplexity'),
          right('file, bytes'),
        ],
        rows: measured.map((mark) => [
          mark.name,
          `host:${mark.executor}`,
          Math.round(1 / mark.secondsPerCharacter).toLocaleString('en-US'),
          mark.perplexity.toFixed(3),
          mark.fileBytes.toLocaleString('en-US'),
        ]),
      },
      notes: [`${first.engine}; at this size calls weigh as much as weights do`],
    },
  ];
}

const deviation = ({ deviation }: Spread) =>
  deviation === null ? '' : ` ± ${(100 * deviation).toFixed(2)}`;

function stepRecords({ workload, pipeline, data, seeds }: PruneReport): Records {
  return {
    columns: [
      ...[
        'workload',
        'pipeline',
        'data',
        'seed',
        'step',
        'weights',
        'nonzeros',
        'validation_error',
      ],
      ...['dense_bytes', 'file_bytes', 'huffman_file_bytes'],
    ],
    rows: seeds.flatMap(({ seed, steps }) =>
      steps.map(({ title, layers, validation, size }) => [
        ...[workload, pipeline, data.name, seed, title],
        layers.reduce((sum, { weights }) => sum + weights, 0),
        layers.reduce((sum, { nonzeros }) => sum + nonzeros, 0),
        1 - validation.accuracy,
        ...[size.denseBytes, size.fileBytes, size.huffmanFileBytes],
      ]),
    ),
  };
}

function pruneJson(report: PruneReport) {
  const { workload, title, pipeline, data, engine, seeds, tests, stages, measured } = report;
  const { testFloor, ...about } = data;
  return {
    ...{ workload, title, pipeline, engine },
    data: { ...about, test_floor_nats: testFloor },
    stages,
    seeds: seeds.map(({ seed, steps, curves, tests: own }) => ({
      seed,
      steps: steps.map(stepJson),
      sensitivity: curves.map(({ layer, retrained, points }) => ({
        ...{ layer, retrained },
        points: points.map(({ density, validation }) => ({
          density,
          validation: accuracyJson(validation),
        })),
      })),
      tests: own.map(({ name, test }) => ({ name, ...accuracyJson(test) })),
    })),
    tests: tests.map(testJson),
    measured: measured.map((mark) => ({
      ...{ name: mark.name, executor: mark.executor, engine: mark.engine, context: mark.context },
      seconds_per_character: mark.secondsPerCharacter,
      perplexity: mark.perplexity,
      characters: mark.characters,
      file_bytes: mark.fileBytes,
    })),
  };
}

function stepJson({ title, kind, validation, layers, size }: Step) {
  return {
    step: title,
    kind,
    validation: accuracyJson(validation),
    density: keptShare(layers),
    dense_bytes: size.denseBytes,
    file_bytes: size.fileBytes,
    huffman_file_bytes: size.huffmanFileBytes,
    layers: layers.map(({ name, weights, nonzeros }, at) => {
      const own = size.layers[at];
      return {
        ...{ name, weights, nonzeros, density: nonzeros / weights },
        bytes: own?.bytes ?? null,
        huffman_bytes: own?.huffmanBytes ?? null,
        code_bits: own?.codeBits ?? null,
        huffman_code_bits: own?.huffmanCodeBits ?? null,
        gap_bits: own?.gapBits ?? null,
        huffman_gap_bits: own?.huffmanGapBits ?? null,
      };
    }),
  };
}

function testJson({ name, error, perplexity, aboveDense, aboveControl }: TestSummary) {
  return { name, error, perplexity, above_dense: aboveDense, above_control: aboveControl };
}

const accuracyJson = ({ accuracy, loss, frames }: Accuracy) => ({
  accuracy,
  error: 1 - accuracy,
  loss,
  frames,
});
