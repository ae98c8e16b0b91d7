// Shows the speed of a decoder: time to the first token, then tokens per second as the context
// grows.

import type { GenerationComparison, GenerationResult } from '../../sim/generate/generation.js';
import { isDoubt } from '../../sim/notes.js';
import { calledName } from '../../sim/result.js';
import { left, right, type Section, type View } from '../document.js';
import { count, percent, quantity, UNKNOWN } from '../quantity.js';
import type { Records } from '../records.js';
import { doubtOf, holdingJson } from './holding.js';
import { servingJson, servingTable } from './serving.js';
import { askedAs, listed, otherNameLines } from './subject.js';

/** Width from which bytes a token and what bounds them find room. */
const WIDE = 100;

/** A terminal shows every note of every device only where `all` of them are asked for. */
export function generateView(
  comparisons: readonly GenerationComparison[],
  { all = false }: { readonly all?: boolean } = {},
): View {
  return {
    title: 'zeroskip compare --generate',
    subject: `${listed(comparisons.map(({ name }) => name))}, token by token`,
    sections: ({ columns, isDocument = false }) => {
      const isWhole = all || isDocument;
      return [
        ...comparisons.flatMap((comparison) => sectionsOf(comparison, columns >= WIDE, isWhole)),
        ...(isWhole ? [] : moreSections(comparisons)),
      ];
    },
    json: () => comparisons.map(comparisonJson),
    records: () => recordsOf(comparisons),
  };
}

const labelOf = (result: GenerationResult) => `${calledName(result)}:${result.kernel}`;

const rate = (value: number | null) => (value === null ? UNKNOWN : count(value));

/** How to see what a short answer leaves out. */
function moreSections(comparisons: readonly GenerationComparison[]): readonly Section[] {
  const notes = comparisons.flatMap(({ results }) => results.flatMap((result) => result.notes));
  const doubts = notes.filter(isDoubt).length;
  const estimates = doubts > 0 ? `, ${doubts} on estimates` : '';
  return notes.length > 0
    ? [{ heading: `More: --all (${notes.length} notes${estimates}) · --format html --out FILE` }]
    : [];
}

function sectionsOf(
  comparison: GenerationComparison,
  wide: boolean,
  isWhole: boolean,
): readonly Section[] {
  const { name, prompt, tokens, batch, results, refused, pricing } = comparison;
  const engines = results.flatMap((result) =>
    result.engine ? [`${labelOf(result)} ran ${result.engine}`] : [],
  );
  const sequences = batch > 1 ? `, ${batch} sequences at a time` : '';
  const answer: Section = {
    heading: `${name} · ${prompt} tokens of prompt, ${tokens} of answer${sequences}`,
    summary: true,
    lines: [
      ...[weightsLine(comparison), cacheLine(comparison), ...engines],
      ...otherNameLines(results),
    ],
    table: {
      columns: [
        left('hardware'),
        left('origin'),
        left('in'),
        right('first token'),
        right('tokens/s'),
        right('J/token'),
        ...(wide ? [right('bytes/token'), right('holds'), left('bound by')] : []),
        right('answer'),
      ],
      rows: results.map((result) => [
        labelOf(result),
        result.origin,
        result.precisions.join('+') || UNKNOWN,
        quantity(result.firstTokenSeconds, 's'),
        rate(result.tokensPerSecond),
        quantity(result.joulesPerToken, 'J'),
        ...(wide
          ? [
              quantity(result.bytesPerToken, 'B'),
              quantity(result.holding?.bytes ?? null, 'B'),
              result.boundOfDecode ?? UNKNOWN,
            ]
          : []),
        quantity(result.seconds, 's'),
      ]),
    },
    doubts: results.flatMap((result) => {
      const doubt = result.holding && doubtOf(result.holding);
      // What happened while something was measured belongs beside its number.
      const ran = isWhole || result.origin === 'modelled' ? [] : result.notes.filter(isDoubt);
      return [...(doubt ? [doubt] : []), ...ran].map((text) => `${labelOf(result)}: ${text}`);
    }),
    notes: [
      ...comparison.notes,
      ...refused.map(({ hardware, why }) => `${hardware}: cannot answer: ${why}`),
      ...(isWhole
        ? results.flatMap((result) => result.notes.map((note) => `${labelOf(result)}: ${note}`))
        : []),
    ],
  };
  const growing = results.filter(({ decode }) => decode.length > 1);
  const [first] = growing;
  const growth: readonly Section[] = first
    ? [
        {
          heading: `${name} · one token while the context grows`,
          table: {
            columns: [
              left('hardware'),
              ...first.decode.map(({ context }) => right(`after ${count(context)}`)),
            ],
            rows: growing.map((result) => [
              labelOf(result),
              ...result.decode.map(({ seconds }) => quantity(seconds, 's')),
            ]),
          },
        },
      ]
    : [];
  return [answer, ...growth, ...(pricing === null ? [] : [costSection(comparison, pricing)])];
}

function weightsLine({ weights, nonzeros, weightsOrigin, seed }: GenerationComparison): string {
  const random = weightsOrigin === 'synthetic' ? `, seed ${seed}` : '';
  return `${count(weights)} weights, ${percent(nonzeros / weights)} not zero (${weightsOrigin}${random})`;
}

function cacheLine({ cacheBytesPerToken, cacheBytes, batch }: GenerationComparison): string {
  const all = batch > 1 ? ` of all ${batch} sequences` : '';
  return `keys and values: ${quantity(cacheBytesPerToken, 'B')} a token, ${quantity(cacheBytes, 'B')} at the end${all} (float32)`;
}

function costSection({ name, results }: GenerationComparison, pricing: string): Section {
  return {
    heading: `${name} · a million tokens of answers, their prompts included`,
    lines: [pricing],
    table: servingTable(results, labelOf),
  };
}

function comparisonJson(comparison: GenerationComparison) {
  const { name, title, prompt, tokens, batch, seed, results, refused } = comparison;
  return {
    workload: name,
    ...{ title, prompt_tokens: prompt, answer_tokens: tokens, batch, seed },
    weights: comparison.weights,
    nonzeros: comparison.nonzeros,
    weights_origin: comparison.weightsOrigin,
    cache_bytes_per_token: comparison.cacheBytesPerToken,
    cache_bytes: comparison.cacheBytes,
    notes: comparison.notes,
    results: results.map((result) => ({
      hardware: result.hardware,
      ...askedAs(result.calledAs),
      ...{ kernel: result.kernel, origin: result.origin },
      engine: result.engine,
      precisions: result.precisions,
      first_token_seconds: result.firstTokenSeconds,
      tokens_per_second: result.tokensPerSecond,
      joules_per_token: result.joulesPerToken,
      bytes_per_token: result.bytesPerToken,
      ...{ seconds: result.seconds, joules: result.joules },
      bound_of_decode: result.boundOfDecode,
      ...(result.holding ? holdingJson(result.holding) : {}),
      decode: result.decode.map(({ context, seconds, joules, bytes }) => ({
        ...{ context_tokens: context, seconds, joules, bytes },
      })),
      ...servingJson(result.serving),
      notes: result.notes,
    })),
    refused,
  };
}

function recordsOf(comparisons: readonly GenerationComparison[]): Records {
  return {
    columns: [
      ...['workload', 'hardware', 'kernel', 'origin', 'prompt_tokens', 'answer_tokens', 'batch'],
      ...['first_token_seconds', 'tokens_per_second', 'joules_per_token', 'bytes_per_token'],
      ...['seconds', 'joules'],
    ],
    rows: comparisons.flatMap(({ name, prompt, tokens, batch, results }) =>
      results.map((result) => [
        ...[name, result.hardware, result.kernel, result.origin, prompt, tokens, batch],
        ...[result.firstTokenSeconds, result.tokensPerSecond, result.joulesPerToken],
        ...[result.bytesPerToken, result.seconds, result.joules],
      ]),
    ),
  };
}
