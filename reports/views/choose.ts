// Shows which devices meet the requirements.

import {
  type Candidate,
  type Choice,
  type LimitName,
  type Meets,
  measureOf,
} from '../../sim/choose.js';
import { left, right, type Section, type View } from '../document.js';
import { dollars, percent, quantity, ratio, UNKNOWN } from '../quantity.js';

const shown: Readonly<
  Record<LimitName, { readonly header: string; text(value: number | null): string }>
> = {
  latency: { header: 'latency', text: (value) => quantity(value, 's') },
  power: { header: 'power', text: (value) => quantity(value, 'W') },
  energy: { header: 'energy', text: (value) => quantity(value, 'J') },
  budget: { header: '$ / million', text: dollars },
};
const names = ['latency', 'power', 'energy', 'budget'] as const;

const answers: Readonly<Record<Meets, string>> = {
  yes: 'yes',
  'within-error': 'within its error',
  unknown: 'not known',
  no: 'no',
};

export function chooseView(choice: Choice): View {
  return {
    title: 'zeroskip choose',
    subject: `Devices for ${choice.workload}`,
    sections: () => [verdictSection(choice), tableSection(choice)],
    json: () => ({
      workload: choice.workload,
      batch: choice.batch,
      limits: {
        seconds: choice.limits.latency ?? null,
        watts: choice.limits.power ?? null,
        joules_per_frame: choice.limits.energy ?? null,
        dollars_per_million: choice.limits.budget ?? null,
      },
      ranked_by: choice.by,
      verdict: verdictText(choice),
      candidates: choice.candidates.map((candidate) => candidateJson(candidate, choice)),
    }),
    records: () => ({
      columns: [
        ...['workload', 'batch', 'hardware', 'kernel', 'meets', 'misses', 'seconds', 'watts'],
        ...['joules_per_frame', 'dollars_per_million', 'known_error_seconds'],
      ],
      rows: choice.candidates.map((candidate) => [
        ...[choice.workload, choice.batch, candidate.label, candidate.result.kernel],
        ...[candidate.verdict, candidate.misses],
        ...names.map((name) => measureOf(name, candidate.result, choice.batch)),
        candidate.error?.seconds ?? null,
      ]),
    }),
  };
}

function verdictSection(choice: Choice): Section {
  return { heading: 'Verdict', summary: true, lines: [verdictText(choice)] };
}

function verdictText({ workload, limits, by, candidates, batch }: Choice): string {
  const asked = names.filter((name) => limits[name] !== undefined);
  const list = asked.map((name) => `${shown[name].header} ${limitText(name, limits[name] ?? 0)}`);
  const of = candidates.length;
  const ask = list.length === 0 ? 'no limits' : list.join(', ').replace(/, ([^,]*)$/, ' and $1');
  const surely = candidates.filter(({ verdict }) => verdict === 'yes');
  const [first] = candidates;
  if (!first) return '';
  const rank = {
    price: 'costs the least',
    energy: 'takes the least energy',
    latency: 'is the fastest',
  }[by];
  if (surely.length > 0) {
    const best = surely[0] ?? first;
    const cost = by === 'price' ? measureOf('budget', best.result, batch) : 0;
    const why = cost === null ? 'is the first, its price not being known' : rank;
    return `${surely.length} of ${of} devices run ${workload} within ${ask}. Of them ${best.label} ${why}.`;
  }
  if (first.verdict === 'within-error') {
    return `No device surely runs ${workload} within ${ask}: ${first.label} does by its model, whose known error (±${percent(first.error?.seconds ?? 0)}) is larger than what is left.`;
  }
  if (first.verdict === 'unknown')
    return `Nobody knows whether ${first.label} runs ${workload} within ${ask}: see the table.`;
  const worst = asked.find((name) => first.meets[name] === 'no') ?? 'latency';
  return `None of ${of} devices runs ${workload} within ${ask}. The nearest is ${first.label}, with ${ratio(first.misses)} the ${shown[worst].header} allowed.`;
}

const limitText = (name: LimitName, limit: number) => shown[name].text(limit);

function tableSection({ workload, batch, limits, candidates }: Choice): Section {
  const isMeasured = candidates.some(({ error }) => error !== null);
  return {
    heading: `Devices for ${workload}, batch ${batch}`,
    table: {
      columns: [
        left('hardware'),
        left('meets it'),
        ...names.map((name) => right(shown[name].header)),
        ...(isMeasured ? [right('± known')] : []),
        left('misses'),
      ],
      rows: candidates.map((candidate) => [
        candidate.label,
        Object.keys(limits).length === 0 ? UNKNOWN : answers[candidate.verdict],
        ...names.map((name) => shown[name].text(measureOf(name, candidate.result, batch))),
        ...(isMeasured ? [candidate.error ? percent(candidate.error.seconds) : UNKNOWN] : []),
        missText(candidate, limits, batch),
      ]),
    },
    notes: [
      ...(isMeasured
        ? [
            '± known: median error of the model’s times against published times; – if there are none',
          ]
        : []),
      'prices are dated (zeroskip compare --cost shows the dates); --cost FILE sets others',
    ],
  };
}

function missText({ meets, result }: Candidate, limits: Choice['limits'], batch: number): string {
  return names
    .filter((name) => meets[name] === 'no')
    .map((name) => {
      const value = measureOf(name, result, batch) ?? 0;
      return `${shown[name].header} ${ratio(value / (limits[name] ?? value))}`;
    })
    .join(', ');
}

function candidateJson(
  { label, result, error, meets, verdict, misses }: Candidate,
  { batch }: Choice,
) {
  return {
    hardware: label,
    kernel: result.kernel,
    family: result.family,
    origin: result.origin,
    meets: verdict,
    meets_by_limit: meets,
    misses,
    seconds: result.seconds,
    watts: result.watts,
    joules_per_frame: measureOf('energy', result, batch),
    dollars_per_million: measureOf('budget', result, batch),
    known_error_seconds: error?.seconds ?? null,
    known_error_joules: error?.joules ?? null,
  };
}
