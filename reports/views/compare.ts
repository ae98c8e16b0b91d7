// A comparison as people read it: the verdict first, then tables, then notes.

import { addAccesses } from '../../hw-models/cost.js';
import type { NamedComparison } from '../../sim/compare.node.js';
import { collectNotes, isDoubt } from '../../sim/notes.js';
import {
  type Comparison,
  calledName,
  type HardwareResult,
  type LayerResult,
} from '../../sim/result.js';
import type { WorkloadSummary } from '../../sim/summary.js';
import { verdictOf } from '../../sim/verdict.js';
import type { Why } from '../../sim/why.js';
import { left, right, type Section, type TableData, type View } from '../document.js';
import { barGlyph, stackBar } from '../format/bar.js';
import { count, percent, quantity, ratio, sparkbar, UNKNOWN, wholePercent } from '../quantity.js';
import { accessSection } from './accesses.js';
import { comparisonCharts } from './compare-charts.js';
import { comparisonJson, layerRecords, resultRecords } from './compare-data.js';
import { spreadText } from './run.js';
import { servingSections } from './serving.js';
import { listed, otherNameLines } from './subject.js';
import { sensitivitySections } from './uncertainty.js';
import { verdictText } from './verdict.js';
import { whySections } from './why.js';

/** Width from which frames per second and power find room. */
const WIDE = 100;

/** Width from which what a row computes in and its known error have room in the table. */
const AMPLE = 116;

/** How much of a comparison a terminal shows; documents show all but the layers. */
export interface CompareDetail {
  readonly layers: boolean;
  /** Each workload of a group, and every note. */
  readonly all?: boolean;
  /** What passes the memories of described accelerators. */
  readonly accesses?: boolean;
  /** What pruning bought on each model, layer by layer. */
  readonly why?: readonly Why[];
}

export function compareView(
  comparisons: readonly NamedComparison[],
  { layers, all = false, accesses = false, why = [] }: CompareDetail,
): View {
  const groups = groupsOf(comparisons);
  const subjects = subjectsOf(comparisons);
  return {
    sections(style) {
      const { columns } = style;
      const isWhole = all || layers || style.isDocument === true;
      const [wide, ample] = [columns >= WIDE, columns >= AMPLE];
      const verdicts = [verdictSection(comparisons)].flatMap((section) => section ?? []);
      const details = comparisons.flatMap((comparison, at) => {
        const isAlone = subjects.some(
          ([first, ...others]) => first === comparison && !others.length,
        );
        return [
          ...(isAlone || isWhole ? [comparisonSection(comparison, { wide, ample, isWhole })] : []),
          ...servingSections(comparison, labelOf),
          ...sensitivitySections(comparison, labelOf, wide),
          ...(layers
            ? comparison.results.map((result) => layerSection(comparison, result, wide))
            : []),
          ...(accesses ? accessSections(comparison) : []),
          ...groupEndingAt(comparisons, at).map((members) => meanSection(members, isWhole)),
        ];
      });
      // On a page, layer by layer comes after what it explains.
      const causes = why.flatMap((each) =>
        whySections(each, style).map((section) => ({ ...section, summary: false })),
      );
      const rest = isWhole ? [] : [moreSection(comparisons, accesses, why.length > 0)];
      return [...verdicts, ...details, ...causes, ...rest];
    },
    title: 'zeroskip compare',
    subject: subjectOf(comparisons),
    json: () => comparisons.map((comparison) => comparisonJson(comparison, why)),
    charts: () => comparisonCharts(groups),
    records: () => (layers ? layerRecords(comparisons) : resultRecords(comparisons)),
  };
}

/** Null where nothing is compared with anything. */
function verdictSection(comparisons: readonly NamedComparison[]): Section | null {
  const subjects = subjectsOf(comparisons);
  const lines = subjects.flatMap((members) => {
    const text = verdictText(verdictOf(members));
    const [first] = members as readonly [NamedComparison];
    const name = members.length > 1 ? first.group : first.workload.name;
    return text === '' ? [] : [subjects.length > 1 ? `${name}: ${text}` : text];
  });
  return lines.length === 0 ? null : { heading: 'Verdict', summary: true, lines };
}

/** 'lenet-5 on i7-5930k, eie-64 and 3 more'. */
function subjectOf(comparisons: readonly NamedComparison[]): string {
  const names = comparisons.map(({ group, workload }) => group ?? workload.name);
  const devices = comparisons.flatMap(({ results }) => results.map(calledName));
  return `${listed(names)} on ${listed(devices)}`;
}

/** How to see what a short answer leaves out. */
function moreSection(
  comparisons: readonly NamedComparison[],
  hasAccesses: boolean,
  hasWhy: boolean,
): Section {
  const notes = comparisons.flatMap(({ results }) => results.flatMap((result) => result.notes));
  const doubts = notes.filter(isDoubt).length;
  const what =
    doubts > 0 ? `${notes.length} notes, ${doubts} on estimates` : `${notes.length} notes`;
  const known = comparisons.some(({ results }) =>
    results.some((result) => accessesOf(result).length > 0),
  );
  const accesses = known && !hasAccesses ? '--accesses · ' : '';
  const why = hasWhy ? '' : '--why · ';
  return {
    heading: `More: --all (${what}) · --layers · ${accesses}${why}--format html --out FILE`,
  };
}

const accessesOf = ({ layers }: HardwareResult) =>
  addAccesses(layers.flatMap(({ accesses = [] }) => accesses));

/** A table for each row whose model knows what passes its memories, each beside the first. */
function accessSections({ workload, results }: NamedComparison): readonly Section[] {
  const known = results.flatMap((result) => {
    const accesses = accessesOf(result);
    return accesses.length > 0 ? [{ name: calledName(result), accesses }] : [];
  });
  const [first = null] = known;
  const heading = `${workload.name} · accesses by level and operand`;
  if (first === null) {
    return [{ heading, lines: ['no row here knows them: accelerators that a file describes do'] }];
  }
  return known.map(({ name, accesses }, at) =>
    accessSection(`${heading} · ${name}`, accesses, at === 0 ? null : first),
  );
}

/** The workloads of each group, and those named by themselves. */
function groupsOf(
  comparisons: readonly NamedComparison[],
): readonly (readonly NamedComparison[])[] {
  const names = new Set(comparisons.map(({ group }) => group));
  return [...names].map((name) => comparisons.filter(({ group }) => group === name));
}

/** What a verdict is about: a group as one, and each workload that was named by itself. */
function subjectsOf(
  comparisons: readonly NamedComparison[],
): readonly (readonly NamedComparison[])[] {
  return groupsOf(comparisons).flatMap((members) =>
    members[0]?.group === null ? members.map((member) => [member]) : [members],
  );
}

/** The group whose last workload stands at `at`, if it has several. */
function groupEndingAt(
  comparisons: readonly NamedComparison[],
  at: number,
): readonly (readonly NamedComparison[])[] {
  return groupsOf(comparisons).filter(
    (members) => members.length > 1 && members.at(-1) === comparisons[at],
  );
}

/** 'titan-x:sparse'. */
export const labelOf = (result: HardwareResult) => `${calledName(result)}:${result.kernel}`;

/** The same, without a list of the kernels that were the fastest for one layer or another. */
const shortLabelOf = (result: HardwareResult) => {
  const { kernel, asked } = result;
  const name = asked ?? (kernel.includes('+') ? null : kernel);
  return name === null ? calledName(result) : `${calledName(result)}:${name}`;
};

function comparisonSection(
  { workload, batch, seed, results }: Comparison,
  {
    wide,
    ample,
    isWhole,
  }: { readonly wide: boolean; readonly ample: boolean; readonly isWhole: boolean },
): Section {
  const engines = results.flatMap((result) => (result.engine ? [ranText(result)] : []));
  const notes = results.flatMap((result) =>
    result.notes.map((note) => `${labelOf(result)}: ${note}`),
  );
  const table: TableData = {
    columns: [
      left('hardware'),
      left('origin'),
      ...(ample ? [left('in')] : []),
      right(batch > 1 ? `time / ${batch}` : 'time'),
      ...(wide ? [right('frames/s')] : []),
      right('energy'),
      ...(wide ? [right('power')] : []),
      ...RATIO_COLUMNS,
      left('bound by'),
    ],
    rows: results.map((result) => [
      isWhole ? labelOf(result) : shortLabelOf(result),
      result.origin,
      ...(ample ? [result.precisions.join('+') || UNKNOWN] : []),
      timeText(result, ample),
      ...(wide ? [count(result.framesPerSecond)] : []),
      quantity(result.joules, 'J'),
      ...(wide ? [quantity(result.watts, 'W')] : []),
      ratio(result.speedup),
      ratio(result.energyRatio),
      result.bound ?? UNKNOWN,
    ]),
  };
  return {
    heading: `${workload.name} · ${workload.title}`,
    lines: [
      ...(isWhole
        ? [
            `${describeWeights(workload)} · ${describeActivations(workload, batch, seed)}`,
            ...engines,
          ]
        : [describeBriefly(workload, batch, seed)]),
      ...otherNameLines(results),
      ...mixedLines(results, ample),
      ...(ample ? [] : errorLines(results)),
    ],
    table,
    ...(isWhole
      ? {
          notes: notes.filter((note) => !isDoubt(note)),
          doubts: notes.filter(isDoubt),
        }
      : { doubts: measuredDoubts(results) }),
  };
}

/** '6.7 ms ± 6 %', where it is known how far off the model of such a device is. */
function timeText({ seconds, knownError }: HardwareResult, wide: boolean): string {
  const time = quantity(seconds, 's');
  return knownError && wide ? `${time} ± ${wholePercent(knownError.median)}` : time;
}

/** The same, where a table has no room for it. */
function errorLines(results: readonly HardwareResult[]): readonly string[] {
  const known = results.flatMap((result) =>
    result.knownError
      ? [`${shortLabelOf(result)} ± ${wholePercent(result.knownError.median)}`]
      : [],
  );
  return known.length > 0 ? [`known error of modelled times: ${known.join(', ')}`] : [];
}

/** Rows that compute in different precisions are not told apart by their times alone. */
function mixedLines(results: readonly HardwareResult[], ample: boolean): readonly string[] {
  const inEach = new Map<string, string[]>();
  for (const result of results) {
    const used = result.precisions.join('+');
    if (used) inEach.set(used, [...(inEach.get(used) ?? []), shortLabelOf(result)]);
  }
  if (inEach.size < 2) return [];
  const [max = ''] = [...inEach].sort((a, b) => b[1].length - a[1].length)[0] ?? [];
  const others = [...inEach].filter(([used]) => used !== max);
  const told = others.map(([used, names]) => `${names.join(', ')} in ${used}`);
  const what = ample ? 'different precisions' : `${max}, except ${told.join('; ')}`;
  return [`models compute in ${what} (--precision sets all)`];
}

/** Both against the first row, and more is better. */
const RATIO_COLUMNS = [right('speed-up'), right('energy saving')];

/** What happened while something was measured belongs beside its number. */
const measuredDoubts = (results: readonly HardwareResult[]) =>
  collectNotes(
    results.map((result) => ({
      name: labelOf(result),
      notes: result.origin === 'measured' ? result.notes.filter(isDoubt) : [],
    })),
  );

function ranText(result: HardwareResult): string {
  const times = result.spread ? ` · ${spreadText(result.spread)}` : '';
  return `${labelOf(result)} ran ${result.engine}${times}`;
}

function describeWeights({ weights, nonzeros, weightsOrigin }: WorkloadSummary): string {
  if (weights === 0) return 'no weights';
  return `${count(weights)} weights, ${percent(nonzeros / weights)} not zero (${weightsOrigin})`;
}

function describeBriefly(workload: WorkloadSummary, batch: number, seed: number): string {
  const { weights, nonzeros, activationDensity, weightsOrigin, activationsOrigin } = workload;
  const origins = new Set([weightsOrigin, activationsOrigin]);
  const random = origins.has('synthetic') ? ` · seed ${seed}` : '';
  const kept =
    weights === 0 ? 'no weights, ' : `${percent(nonzeros / weights)} of the weights and `;
  return `${kept}${percent(activationDensity)} of the activations are not zero (${[...origins].join(', ')}) · batch ${batch}${random}`;
}

function describeActivations(workload: WorkloadSummary, batch: number, seed: number): string {
  const { macsDense, macsNonzero, activationDensity, activationsOrigin, weightsOrigin } = workload;
  const random =
    activationsOrigin === 'synthetic' || weightsOrigin === 'synthetic' ? ` · seed ${seed}` : '';
  const activationText = `activations ${percent(activationDensity)} not zero (${activationsOrigin})`;
  return `${activationText} · ${count(macsDense)} MACs, ${count(macsNonzero)} effective · batch ${batch}${random}`;
}

/** Characters of the longest bar. */
const BAR = 16;

function layerSection(
  { workload, batch }: Comparison,
  result: HardwareResult,
  wide: boolean,
): Section {
  const longest = Math.max(...result.layers.map(({ seconds }) => seconds));
  const summaries = new Map(workload.layers.map((layer) => [layer.name, layer]));
  // Of a real run nobody knows more than the time.
  const modelled = result.origin === 'modelled';
  return {
    heading: `${workload.name} on ${labelOf(result)}, layer by layer (${result.origin}, batch ${batch})`,
    table: {
      columns: [
        left('layer'),
        left('kernel'),
        right('non-zero'),
        ...(wide ? [right('act. ≠ 0')] : []),
        right('time'),
        ...(wide ? [{ ...left('of the longest'), isBar: modelled }] : []),
        ...(modelled
          ? [right('energy'), left('bound by'), left('where the time goes')]
          : [right('share')]),
      ],
      rows: result.layers.map((layer) => [
        layer.name,
        layer.kernel,
        layer.nonzeros > 0 ? count(layer.nonzeros) : UNKNOWN,
        ...(wide ? [percent(summaries.get(layer.name)?.activationDensity ?? 0)] : []),
        quantity(layer.seconds, 's'),
        ...(wide ? [barOf(layer, longest)] : []),
        ...(modelled
          ? [
              quantity(layer.joules, 'J'),
              layer.bound ?? UNKNOWN,
              largestCauses(layer, wide ? 2 : 1),
            ]
          : [percent(layer.seconds / result.seconds)]),
      ]),
    },
  };
}

/** By cause where they are known. */
const barOf = ({ time, seconds }: LayerResult, longest: number) =>
  time ? stackBar(time, seconds / longest, BAR) : sparkbar(seconds / longest, BAR);

function largestCauses({ time, cycles }: LayerResult, max: number): string {
  if (!time || !cycles) return UNKNOWN;
  const causes = Object.entries(time).filter(([, part]) => part > 0);
  causes.sort((a, b) => b[1] - a[1]);
  const names = Object.keys(time);
  return causes
    .slice(0, max)
    .map(
      ([cause, part]) =>
        `${max > 1 ? `${barGlyph(cause, names)} ` : ''}${cause} ${((100 * part) / cycles).toFixed(0)} %`,
    )
    .join(', ');
}

function meanSection(comparisons: readonly NamedComparison[], isWhole: boolean): Section {
  const [first] = comparisons as readonly [NamedComparison];
  const { baseline, standings } = verdictOf(comparisons);
  return {
    summary: true,
    heading: `${first.group ?? 'All of these'} · geometric mean of ${comparisons.length} workloads against ${baseline.label}`,
    lines: isWhole ? [comparisons.map(({ workload }) => workload.name).join(', ')] : [],
    table: {
      columns: [left('hardware'), left('origin'), ...RATIO_COLUMNS],
      rows: standings.map(({ label, origin, speedup, energyRatio }) => [
        ...[label, origin, ratio(speedup), ratio(energyRatio)],
      ]),
    },
  };
}
