// The chain for decoders: quantised, pruned and both, each link's bytes, tokens a second and
// published perplexity beside those of 16-bit weights.

import { presetNames } from '../../hw-models/presets.node.js';
import { dimensionsOf } from '../../workloads/zoo/index.js';
import { type Names, resolveHardware } from '../resolve.node.js';
import { type OfDevice, otherName } from '../result.js';
import type { FormatSize, Pattern } from '../storage/formats.js';
import {
  type FormatRate,
  readers,
  type StorageReport,
  type StorageRequest,
  storage,
} from '../storage/storage.node.js';
import { cell, type Tables } from '../validate/claims.js';

/** A link: what is done to the weights, and how they are stored. */
export interface DecoderLink {
  readonly id: string;
  readonly title: string;
  readonly density: Pattern | null;
  /** In the order in which they are tried on a device: the first that it has a kernel for. */
  readonly formats: readonly string[];
}

const twoOfFour = { kept: 2, of: 4 };

export const decoderChain: readonly DecoderLink[] = [
  { id: 'fp16', title: '16 bits', density: null, formats: ['fp16'] },
  { id: 'int8', title: '8 bits', density: null, formats: ['int8'] },
  { id: 'int4', title: '4 bits', density: null, formats: ['Q4_0'] },
  { id: 'half', title: 'half left', density: 0.5, formats: ['bitmask-16', 'CSC-32'] },
  { id: 'two-of-four', title: '2 of 4 left', density: twoOfFour, formats: ['2:4-16'] },
  { id: 'half-int4', title: 'half left, 4 bits', density: 0.5, formats: ['bitmask-4'] },
  { id: 'two-of-four-int4', title: '2 of 4, 4 bits', density: twoOfFour, formats: ['2:4-4'] },
];

/** What a paper prints of a link. */
export interface Perplexity {
  readonly network: string;
  readonly method: string;
  readonly value: number;
  /** Of 16-bit weights in the same evaluation. */
  readonly unchanged: number;
  readonly source: string;
}

export interface DecoderLinkSummary extends DecoderLink {
  /** As the first of its formats. */
  readonly size: FormatSize;
  readonly published: readonly Perplexity[];
}

export interface DecoderLinkResult extends FormatRate {
  readonly format: string;
  /** Against the first link on the same device; of what is at most, that. Null: nobody knows. */
  readonly speedup: number | null;
}

export interface DecoderStackReport {
  readonly name: string;
  readonly seed: number;
  readonly context: number | null;
  readonly links: readonly DecoderLinkSummary[];
  readonly rows: readonly (OfDevice & {
    readonly origin: 'modelled' | 'measured';
    readonly engine: string | null;
    readonly links: readonly DecoderLinkResult[];
    readonly notes: readonly string[];
  })[];
}

/** Whether a workload of the zoo is a decoder, for which there is this chain. */
export function isDecoder(name: string): boolean {
  return 'past' in dimensionsOf(name);
}

/** This machine, and the presets that have a kernel for one of the narrow links. */
function devicesWithKernels(): readonly string[] {
  const wanted = ['fp16', 'int8', 'Q4_0'].flatMap((format) => readers[format]?.kernels ?? []);
  const able = presetNames().filter((name) => {
    const { kernels, optInKernels } = resolveHardware(name);
    return [...kernels, ...optInKernels].some((kernel) => wanted.includes(kernel));
  });
  return ['host', ...able];
}

/** @throws InputError for an unknown name or an unusable file. */
export async function decoderStack(
  request: Omit<StorageRequest, 'density' | 'formats' | 'hardware'> & { readonly hardware?: Names },
  tables: Tables,
): Promise<DecoderStackReport> {
  const { hardware = devicesWithKernels() } = request;
  const reports: StorageReport[] = [];
  for (const density of [null, 0.5, twoOfFour]) {
    const formats = decoderChain.flatMap((link) =>
      JSON.stringify(link.density) === JSON.stringify(density) ? link.formats : [],
    );
    const pruned = density === null ? {} : { density };
    reports.push(await storage({ ...request, hardware, formats, ...pruned }));
  }
  const reportOf = ({ formats }: DecoderLink) =>
    reports.find((report) => report.formats.some(({ name }) => name === formats[0]));
  const sizeOf = (link: DecoderLink, format: string) =>
    reportOf(link)?.formats.find(({ name }) => name === format) as FormatSize;
  const [first] = reports as [StorageReport, ...StorageReport[]];
  return {
    ...{ name: first.name, seed: first.seed, context: first.context },
    links: decoderChain.map((link) => ({
      ...link,
      size: sizeOf(link, link.formats[0] as string),
      published: publishedOf(link, tables),
    })),
    rows: first.devices.map(({ hardware, calledAs, origin, engine }, at) => {
      const rates = decoderChain.map((link) => rateOf(link, reportOf(link) as StorageReport, at));
      const base = rates[0]?.perSecond ?? null;
      return {
        ...{ hardware, origin, engine, ...otherName(calledAs) },
        links: rates.map((rate) => {
          const reached = rate.perSecond ?? rate.atMost;
          return { ...rate, speedup: base && reached ? reached / base : null };
        }),
        notes: [...new Set(reports.flatMap(({ devices }) => devices[at]?.notes ?? []))],
      };
    }),
  };
}

/** By the first of a link's formats that a device has a kernel for, else what its first allows. */
function rateOf(
  { formats }: DecoderLink,
  report: StorageReport,
  device: number,
): FormatRate & { readonly format: string } {
  const rates = formats.map((format) => {
    const index = report.formats.findIndex(({ name }) => name === format);
    return { ...(report.devices[device]?.rates[index] as FormatRate), format };
  });
  const [first] = rates;
  return rates.find(({ perSecond }) => perSecond !== null) ?? (first as (typeof rates)[number]);
}

function publishedOf({ id }: DecoderLink, tables: Tables): readonly Perplexity[] {
  return tables('perplexity').flatMap((row) => {
    const [value, unchanged] = [cell(row, 'perplexity'), cell(row, 'unchanged')];
    if (row.link !== id || value === null || unchanged === null) return [];
    const { network = '', method = '', source = '' } = row;
    return [{ network, method, value, unchanged, source }];
  });
}
