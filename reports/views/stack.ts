// The chain as tables: what each link is, and how much faster and more frugal each hardware becomes
// by it.

import { calledName } from '../../sim/result.js';
import type { LinkSummary } from '../../sim/stack/chain.js';
import type { LinkResult, StackReport, StackRow } from '../../sim/stack/stack.js';
import { chainCharts } from '../charts/chain.js';
import { left, right, type Section, type TableData, type View } from '../document.js';
import { count, dollars, figure, quantity, UNKNOWN } from '../quantity.js';
import { servingJson } from './serving.js';
import { askedAs, otherNameLines } from './subject.js';

export function stackView(report: StackReport): View {
  return {
    title: 'zeroskip stack',
    subject: `${report.base}: what each link buys`,
    charts: () => [{ heading: 'What each link buys', charts: chainCharts(report) }],
    sections: () => [
      chainSection(report),
      {
        heading: 'Times faster than link 1 on the same hardware',
        lines: otherNameLines(report.rows),
        table: matrix(
          report,
          'time of 1',
          (row) => quantity(row.seconds, 's'),
          (row) => figure(row.speedup),
          [
            ['survey of 2016', '', report.links.map(({ claimed }) => claimText(claimed))],
            ['multiplications', '', report.links.map((link) => figure(link.multiplicationsRatio))],
          ],
        ),
        notes: speedNotes(report),
      },
      {
        heading: 'Times less energy than link 1',
        table: matrix(
          report,
          'energy of 1',
          (row) => quantity(row.joules, 'J'),
          (row) => figure(row.energyRatio),
        ),
      },
      {
        heading: 'Megabytes to and from memory off the chip, a frame',
        table: matrix(report, null, null, ({ dramBytes }) =>
          figure(dramBytes === null ? null : dramBytes / 1e6),
        ),
      },
      ...pricedSections(report),
    ],
    json: () => stackJson(report),
    records: () => ({
      columns: [
        ...[
          'hardware',
          'origin',
          'link',
          'workload',
          'pruned',
          'winograd',
          'kernel',
          'multiplications',
        ],
        ...['model_bytes', 'seconds', 'joules', 'dram_bytes', 'speedup', 'energy_ratio'],
        ...(report.pricing === null ? [] : ['dollars_per_million', 'grams_co2e_per_million']),
      ],
      rows: report.rows.flatMap(({ hardware, origin, links }) =>
        links.map((result, at) => {
          const link = report.links[at] as LinkSummary;
          const { serving } = result;
          return [
            ...[
              hardware,
              origin,
              link.id,
              link.workload,
              `${link.isPruned}`,
              `${link.isWinograd}`,
              result.kernel,
            ],
            ...[
              link.multiplications,
              link.modelBytes,
              result.seconds,
              result.joules,
              result.dramBytes,
            ],
            ...[result.speedup, result.energyRatio],
            ...(report.pricing === null
              ? []
              : [serving?.dollarsPerMillion ?? null, serving?.gramsCo2ePerMillion ?? null]),
          ];
        }),
      ),
    }),
  };
}

function chainSection({ base, small, seed, links }: StackReport): Section {
  return {
    heading: `The chain from ${base} to ${small}, pruned and by Winograd`,
    lines: [
      `weights and activations synthetic, at the networks' densities · batch 1 · seed ${seed}`,
    ],
    table: {
      columns: [
        ...[right('#'), left('link'), right('multiplications'), right('model'), right('printed')],
        ...[right('top-1'), right('top-5')],
      ],
      rows: links.map((link, at) => [
        `${at + 1}`,
        link.title,
        count(link.multiplications),
        quantity(link.modelBytes, 'B'),
        link.published?.megabytes ? `${link.published.megabytes} MB` : UNKNOWN,
        ...[link.published?.top1, link.published?.top5].map((share) =>
          share ? `${share} %` : UNKNOWN,
        ),
      ]),
    },
    notes: [
      'model: 32-bit floats, or codes and gaps as Deep Compression stores them; printed: what papers print, as are the accuracies',
      ...sourcesOf(links),
      'pruned and Winograd: accuracy unknown, as weights pruned after their transformation need a training of their own',
    ],
  };
}

function sourcesOf(links: readonly LinkSummary[]): readonly string[] {
  return links.flatMap(({ published }, at) =>
    published ? [`${at + 1}: ${published.source}`] : [],
  );
}

/**
 * Hardware by links: something of the first link, then a figure of each. Hardware of which nothing
 * is known is left out.
 */
function matrix(
  { links, rows }: StackReport,
  firstHeader: string | null,
  first: ((result: LinkResult) => string) | null,
  cellOf: (result: LinkResult) => string,
  above: readonly (readonly [name: string, first: string, cells: readonly string[]])[] = [],
): TableData {
  const from = first ? 1 : 0;
  const cells = rows.map((row) => [
    row.origin === 'measured' ? `${calledName(row)} (measured)` : calledName(row),
    ...(first ? [first(row.links[0] as LinkResult)] : []),
    ...row.links.slice(from).map(cellOf),
  ]);
  return {
    columns: [
      left('hardware'),
      ...(firstHeader === null ? [] : [right(firstHeader)]),
      ...links.slice(from).map((_, at) => right(`${at + 1 + from}`)),
    ],
    rows: [
      ...above.map(([name, text, cells]) => [name, ...(first ? [text] : []), ...cells.slice(from)]),
      ...cells.filter(([, ...figures]) => figures.some((figure) => figure !== UNKNOWN)),
    ],
  };
}

function claimText(claimed: LinkSummary['claimed']): string {
  if (!claimed) return UNKNOWN;
  return claimed.low === claimed.high ? `${claimed.low}` : `${claimed.low}–${claimed.high}`;
}

function speedNotes({ rows, links }: StackReport): readonly string[] {
  const engines = rows.flatMap((row) =>
    row.engine ? [`${calledName(row)} ran ${row.engine}, and by link: ${byLink(row)}`] : [],
  );
  const domain = rows.flatMap((row) =>
    row.links.some(({ isOtherFunction }) => isOtherFunction) ? [calledName(row)] : [],
  );
  return [
    ...engines,
    ...(domain.length > 0
      ? [
          `${domain.join(', ')}: links ${numbersOfBoth(links)} use weights pruned in the Winograd domain where that is fastest: another function`,
        ]
      : []),
    ...smallNetworkNote(links),
  ];
}

/** What the survey has of the smaller network is not what its multiplications come to. */
function smallNetworkNote(links: readonly LinkSummary[]): readonly string[] {
  const [first] = links;
  const small = links.find(({ id }) => id === 'small-dense');
  if (!first || !small?.claimed) return [];
  const parameters = figure(first.parameters / small.parameters);
  const multiplications = figure(small.multiplicationsRatio);
  return [
    `the survey has ${small.workload} ${claimText(small.claimed)} times faster: its parameters are ${parameters} times fewer, its multiplications ${multiplications} times`,
  ];
}

const numbersOfBoth = (links: readonly LinkSummary[]) =>
  links
    .flatMap(({ isPruned, isWinograd }, at) => (isPruned && isWinograd ? [`${at + 1}`] : []))
    .join(' and ');

function byLink({ links }: StackRow): string {
  return links.map(({ kernel }, at) => `${at + 1} ${kernel}`).join(', ');
}

function pricedSections(report: StackReport): readonly Section[] {
  if (report.pricing === null) return [];
  return [
    {
      heading: 'Dollars for a million inferences',
      lines: [report.pricing],
      table: matrix(report, null, null, (row) => dollars(row.serving?.dollarsPerMillion ?? null)),
      notes: report.rows.flatMap((row) => {
        const { serving } = row.links[0] as LinkResult;
        return serving ? [`${calledName(row)}: ${serving.basis}`] : [];
      }),
    },
    {
      heading: 'Grams of CO₂e of a million inferences',
      table: matrix(report, null, null, (row) => figure(row.serving?.gramsCo2ePerMillion ?? null)),
    },
  ];
}

function stackJson({ base, small, seed, links, rows, pricing }: StackReport) {
  return {
    base,
    small,
    seed,
    pricing,
    links: links.map((link) => ({
      id: link.id,
      title: link.title,
      workload: link.workload,
      pruned: link.isPruned,
      winograd: link.isWinograd,
      parameters: link.parameters,
      nonzeros: link.nonzeros,
      multiplications: link.multiplications,
      multiplications_ratio: link.multiplicationsRatio,
      model_bytes: link.modelBytes,
      published: link.published,
      claimed_speedup: link.claimed,
    })),
    hardware: rows.map(({ hardware, calledAs, origin, engine, links: results }) => ({
      hardware,
      ...askedAs(calledAs),
      origin,
      engine,
      links: results.map((result) => ({
        link: result.link,
        kernel: result.kernel,
        seconds: result.seconds,
        joules: result.joules,
        dram_bytes: result.dramBytes,
        speedup: result.speedup,
        energy_ratio: result.energyRatio,
        ...servingJson(result.serving),
        known_error: result.knownError,
        notes: result.notes,
      })),
    })),
  };
}
