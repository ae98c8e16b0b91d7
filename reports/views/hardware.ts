// Hardware number by number, each with its source.

import type { Figure, Hardware } from '../../hw-models/contract.js';
import { sum } from '../../hw-models/cost.js';
import { left, right, type Section, type View } from '../document.js';
import { asWritten } from '../quantity.js';
import type { Records } from '../records.js';

const kernelText = ({ kernels, optInKernels }: Pick<Hardware, 'kernels' | 'optInKernels'>) =>
  [kernels.join(', '), optInKernels.length > 0 ? `by name: ${optInKernels.join(', ')}` : '']
    .filter(Boolean)
    .join('; ');

export function hardwareView(hardware: Hardware): View {
  return {
    title: 'zeroskip hardware show',
    sections: () => [figureSection(hardware), ...areaSection(hardware), meterSection(hardware)],
    json: () => ({
      name: hardware.name,
      title: hardware.title,
      family: hardware.family,
      kernels: hardware.kernels,
      opt_in_kernels: hardware.optInKernels,
      figures: Object.fromEntries(hardware.figures),
      area_mm2_by_module: hardware.area,
      meters: hardware.meters,
    }),
    records: () => figureRecords(hardware.figures),
  };
}

function figureSection({ name, title, family, figures, ...hardware }: Hardware): Section {
  return {
    heading: `${name} · ${title}`,
    lines: [`family ${family}; kernels ${kernelText(hardware)}; ${sourceSummary(figures)}`],
    table: {
      columns: [left('number'), right('value'), left('from'), left('source')],
      rows: [...figures].map(([path, figure]) => [
        path,
        asWritten(figure.published),
        figure.from,
        figure.cite,
      ]),
    },
  };
}

/** '41 numbers: 30 paper, 6 estimate, …'. */
export function sourceSummary(figures: ReadonlyMap<string, Figure>): string {
  const bySource = new Map<string, number>();
  for (const { from } of figures.values()) bySource.set(from, (bySource.get(from) ?? 0) + 1);
  return `${figures.size} numbers: ${[...bySource].map(([from, times]) => `${times} ${from}`).join(', ')}`;
}

function areaSection({ area }: Hardware): readonly Section[] {
  if (!area) return [];
  const table = {
    columns: [left('module'), right('mm²')],
    rows: [...Object.entries(area), ['total', sum(area)] as const].map(([part, mm2]) => [
      part,
      mm2.toPrecision(4),
    ]),
  };
  return [{ heading: 'Area', table }];
}

function meterSection({ meters }: Hardware): Section {
  return {
    heading: 'Counters',
    table: {
      columns: [left('counter'), left('unit'), left('meaning')],
      rows: Object.entries(meters).map(([name, { unit, meaning }]) => [name, unit, meaning]),
    },
  };
}

function figureRecords(figures: ReadonlyMap<string, Figure>): Records {
  return {
    columns: ['number', 'value', 'unit', 'published', 'from', 'cite'],
    rows: [...figures].map(([path, f]) => [path, f.value, f.unit, f.published, f.from, f.cite]),
  };
}

/** What `hardware check` says of a file without faults. */
export function hardwareCheckView(file: string, hardware: Hardware): View {
  const summary = sourceSummary(hardware.figures);
  return {
    title: 'zeroskip hardware check',
    sections: () => [
      {
        heading: `${file}: ok`,
        lines: [`${hardware.name}, family ${hardware.family}; ${summary}`],
      },
    ],
    json: () => ({
      file,
      ok: true,
      name: hardware.name,
      family: hardware.family,
      figures: hardware.figures.size,
    }),
    records: () => ({
      columns: ['file', 'ok', 'name', 'family', 'figures'],
      rows: [[file, 'true', hardware.name, hardware.family, hardware.figures.size]],
    }),
  };
}
