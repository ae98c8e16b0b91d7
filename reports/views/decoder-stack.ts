// The chain for decoders as tables: bytes and published perplexity of each link, and how much faster
// each device becomes by it.

import { calledName } from '../../sim/result.js';
import type { DecoderLinkResult, DecoderStackReport } from '../../sim/stack/decoder-chain.node.js';
import { left, right, type Section, type View } from '../document.js';
import { count, figure, quantity, UNKNOWN } from '../quantity.js';
import { askedAs, otherNameLines } from './subject.js';

export function decoderStackView(report: DecoderStackReport): View {
  return {
    title: 'zeroskip stack',
    subject: `${report.name}: what each link buys`,
    sections: () => [chainSection(report), speedSection(report), perplexitySection(report)],
    json: () => ({
      workload: report.name,
      ...{ context_tokens: report.context, seed: report.seed },
      links: report.links.map(({ id, title, size, published }) => ({
        ...{ link: id, title, format: size.name, bytes: size.bytes },
        bits_per_weight: size.bitsPerWeight,
        published,
      })),
      rows: report.rows.map(({ hardware, calledAs, origin, engine, links, notes }) => ({
        ...{ hardware, ...askedAs(calledAs) },
        ...{ origin, engine, notes },
        links: links.map((link, at) => ({
          ...{ link: report.links[at]?.id ?? '', format: link.format, kernel: link.kernel },
          ...{ tokens_per_second: link.perSecond, at_most_per_second: link.atMost },
          ...{ speedup: link.speedup, fits_in_memory: link.isHeld },
        })),
      })),
    }),
    records: () => ({
      columns: [
        ...['hardware', 'origin', 'link', 'format', 'kernel', 'tokens_per_second'],
        ...['at_most_per_second', 'speedup'],
      ],
      rows: report.rows.flatMap(({ hardware, origin, links }) =>
        links.map((link, at) => [
          ...[hardware, origin, report.links[at]?.id ?? '', link.format, link.kernel],
          ...[link.perSecond, link.atMost, link.speedup],
        ]),
      ),
    }),
  };
}

function chainSection({ name, seed, links }: DecoderStackReport): Section {
  return {
    heading: `${name} · quantised, pruned and both`,
    summary: true,
    lines: [`weights synthetic, seed ${seed}; pruned but for the table of words`],
    table: {
      columns: [
        ...[right('#'), left('link'), left('stored as'), right('bytes'), right('bits a weight')],
        right('perplexity'),
      ],
      rows: links.map(({ title, size, published }, at) => [
        `${at + 1}`,
        title,
        size.name,
        quantity(size.bytes, 'B'),
        figure(size.bitsPerWeight),
        rangeOf(published.map(({ value, unchanged }) => value / unchanged - 1)),
      ]),
    },
    notes: ['perplexity: how much higher papers print it than of 16-bit weights, see below'],
  };
}

function rangeOf(shares: readonly number[]): string {
  if (shares.length === 0) return UNKNOWN;
  const percents = shares.map((share) => Number((100 * share).toPrecision(2)));
  const [min, max] = [Math.min(...percents), Math.max(...percents)];
  return min === max ? `+${min} %` : `+${min} to ${max} %`;
}

function speedSection({ name, context, links, rows }: DecoderStackReport): Section {
  const others = links.slice(1);
  const engines = rows.flatMap((row) =>
    row.engine === null ? [] : [`${calledName(row)} ran ${row.engine}`],
  );
  return {
    heading: `${name} · times as fast as link 1, a token behind ${count(context)}`,
    lines: [...engines, ...otherNameLines(rows)],
    table: {
      columns: [
        ...[left('hardware'), right('tokens/s of 1')],
        ...others.map((_, at) => right(`${at + 2}`)),
      ],
      rows: rows.map((row) => {
        const [first, ...rest] = row.links;
        const name = calledName(row);
        return [
          row.origin === 'measured' ? `${name} (measured)` : name,
          figure(first?.perSecond ?? null),
          ...rest.map(speedText),
        ];
      }),
    },
    doubts: rows.some((row) => row.links.some(({ isHeld }) => !isHeld))
      ? [
          '!: does not fit into memory; the rest comes from beyond in each pass, where that is known',
        ]
      : [],
    notes: [
      '≤: no kernel of the device reads it; what its memory allows if one did',
      ...rows.flatMap(({ hardware, origin, notes }) =>
        origin === 'measured' ? notes.map((note) => `${hardware}:${note}`) : [],
      ),
    ],
  };
}

function speedText({ speedup, perSecond, isHeld }: DecoderLinkResult): string {
  if (speedup === null) return UNKNOWN;
  return `${isHeld ? '' : '! '}${perSecond === null ? '≤ ' : ''}${figure(speedup)}`;
}

function perplexitySection({ links }: DecoderStackReport): Section {
  const all = links.flatMap(({ title, published }) =>
    published.map((figures) => ({ title, ...figures })),
  );
  const sources = [...new Set(all.map(({ source }) => source))];
  return {
    heading: 'Published perplexity on WikiText-2, nothing retrained',
    table: {
      columns: [
        ...[left('link'), left('network'), left('method'), right('16 bits'), right('then')],
        right('source'),
      ],
      rows: all.map(({ title, network, method, unchanged, value, source }) => [
        ...[title, network, method, unchanged.toFixed(2), value.toFixed(2)],
        `[${sources.indexOf(source) + 1}]`,
      ]),
    },
    notes: sources.map((source, at) => `[${at + 1}] ${source}`),
  };
}
