// Prune or quantise: bytes of each format, and how fast devices are with them.

import { calledName } from '../../sim/result.js';
import type { FormatRate, StorageReport } from '../../sim/storage/storage.node.js';
import { left, right, type Section, type View } from '../document.js';
import { count, figure, percent, quantity, UNKNOWN } from '../quantity.js';
import { askedAs, otherNameLines } from './subject.js';

/** Width from which layouts find room beside the sizes. */
const WIDE = 100;

export function storageView(report: StorageReport): View {
  return {
    title: 'zeroskip storage',
    subject: `${report.name}: what its weights take`,
    sections: ({ columns }) => [
      sizeSection(report, columns >= WIDE),
      ...(report.devices.length > 0 ? [rateSection(report)] : []),
    ],
    json: () => storageJson(report),
    records: () => ({
      columns: [
        ...['workload', 'density', 'format', 'bytes', 'bits_per_weight', 'hardware', 'origin'],
        ...['kernel', 'per_second', 'at_most_per_second'],
      ],
      rows: report.devices.flatMap(({ hardware, origin, rates }) =>
        report.formats.map(({ name, bytes, bitsPerWeight }, at) => {
          const { kernel, perSecond, atMost } = rates[at] as FormatRate;
          return [
            ...[report.name, report.nonzeros / report.weights, name, bytes, bitsPerWeight],
            ...[hardware, origin, kernel, perSecond, atMost],
          ];
        }),
      ),
    }),
  };
}

function sizeSection(report: StorageReport, isWide: boolean): Section {
  const { name, weights, nonzeros, weightsOrigin, seed, formats } = report;
  const drawn = weightsOrigin === 'synthetic' ? `, seed ${seed}` : '';
  const whole = formats[0]?.bytes ?? 0;
  return {
    heading: `${name} · what its weights take`,
    summary: true,
    lines: [
      `${count(weights)} weights, ${percent(nonzeros / weights)} not zero (${weightsOrigin}${drawn})`,
    ],
    table: {
      columns: [
        ...[left('format'), right('bytes'), right('bits a weight'), right('smaller')],
        right('as Q4_0 at'),
        ...(isWide ? [left('layout')] : []),
      ],
      rows: formats.map(({ bytes, bitsPerWeight, equalDensity, layout, ...format }) => [
        format.name,
        quantity(bytes, 'B'),
        figure(bitsPerWeight),
        bytes === null ? UNKNOWN : `${figure(whole / bytes)}×`,
        equalDensity === null ? UNKNOWN : percent(equalDensity),
        ...(isWide ? [layout] : []),
      ]),
    },
    notes: [
      'bits a weight: of all that the network has, zeros among them',
      'as Q4_0 at: the density from which on 4-bit blocks (Q4_0) of all weights are smaller',
      ...(formats.some(({ isAsIf }) => isAsIf)
        ? ['2:4: as it would be with weights pruned in that pattern, which these are not']
        : []),
      'matrices without zeros, or that a format cannot hold, lie as plain numbers of its width',
    ],
  };
}

function rateSection({ name, unit, context, batch, formats, devices }: StorageReport): Section {
  const after = context === null ? '' : `, a token behind ${count(context)}`;
  const frames = batch > 1 ? `, batch ${batch}` : '';
  const isAllHeld = devices.every(({ rates }) => rates.every(({ isHeld }) => isHeld));
  const engines = devices.flatMap(({ hardware, engine }) =>
    engine === null ? [] : [`${hardware} ran ${engine}`],
  );
  return {
    heading: `${name} · ${unit} a second${after}${frames}`,
    lines: [...engines, ...otherNameLines(devices)],
    table: {
      columns: [left('format'), ...devices.map((device) => right(calledName(device)))],
      rows: formats.map((format, at) => [
        format.name,
        ...devices.map(({ rates }) => rateText(rates[at] as FormatRate)),
      ]),
    },
    doubts: isAllHeld
      ? []
      : [
          '!: does not fit into memory; the rest comes from beyond in each pass, where that is known',
        ],
    notes: [
      '≤: no kernel of the device reads it; what its memory allows if one did',
      ...devices.flatMap(({ hardware, origin, notes }) =>
        origin === 'measured' ? notes.map((note) => `${hardware}:${note}`) : [],
      ),
    ],
  };
}

function rateText({ perSecond, atMost, isHeld }: FormatRate): string {
  const mark = isHeld ? '' : '! ';
  if (perSecond !== null) return `${mark}${figure(perSecond)}`;
  return atMost === null ? UNKNOWN : `${mark}≤ ${figure(atMost)}`;
}

function storageJson(report: StorageReport) {
  const { name, title, weights, nonzeros, weightsOrigin, unit, context, batch, seed } = report;
  return {
    ...{ workload: name, title, weights, nonzeros, weights_origin: weightsOrigin },
    ...{ unit, context_tokens: context, batch, seed },
    formats: report.formats.map((format, at) => ({
      ...{ format: format.name, layout: format.layout, bytes: format.bytes },
      read_bytes: format.readBytes,
      bits_per_weight: format.bitsPerWeight,
      equal_density: format.equalDensity,
      as_if_pruned: format.isAsIf,
      devices: report.devices.map(({ hardware, calledAs, origin, rates }) => {
        const { kernel, perSecond, atMost, isHeld } = rates[at] as FormatRate;
        const rate = { per_second: perSecond, at_most_per_second: atMost };
        const asked = askedAs(calledAs);
        return { hardware, ...asked, origin, kernel, ...rate, fits_in_memory: isHeld };
      }),
    })),
    notes: Object.fromEntries(report.devices.map(({ hardware, notes }) => [hardware, notes])),
  };
}
