// All devices by name: those that are modelled, a section a family, and what really runs here.

import type { Hardware } from '../../hw-models/contract.js';
import { sum } from '../../hw-models/cost.js';
import { type KnownError, knownErrorOf } from '../../sim/known-errors.js';
import { left, right, type Section, type Style, type View } from '../document.js';
import { UNKNOWN, wholePercent } from '../quantity.js';

export interface ListedHardware {
  /** Families of these devices in the order in which they are shown. */
  readonly families: readonly { readonly name: string; readonly title: string }[];
  readonly modelled: readonly Hardware[];
  readonly measured: readonly { readonly name: string; readonly engine: string }[];
  /** Other names of modelled devices, by name. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  readonly errors: readonly KnownError[];
}

/** Columns of a terminal from which number formats and area have room. */
const WIDE = 100;

/** What a list tells of a modelled device. */
interface Entry {
  readonly hardware: Hardware;
  readonly aliases: readonly string[];
  readonly error: KnownError | null;
  readonly areaMm2: number | null;
}

export function hardwareListView(listed: ListedHardware): View {
  const { families, measured } = listed;
  const entries = listed.modelled.map((hardware): Entry => {
    const { name, precisions, area } = hardware;
    return {
      hardware,
      aliases: listed.aliases.get(name) ?? [],
      error: firstOf(precisions.map((precision) => knownErrorOf(listed.errors, name, precision))),
      areaMm2: area && sum(area),
    };
  });
  return {
    title: 'zeroskip hardware list',
    subject: 'Devices: models and what runs here',
    sections: ({ columns }: Style) => [
      ...families.flatMap(({ name, title }) => {
        const own = entries.filter(({ hardware }) => hardware.family === name);
        return own.length > 0 ? [familySection(`${name} · ${title}`, own, columns >= WIDE)] : [];
      }),
      {
        heading: 'host · really run on this machine',
        table: {
          columns: [left('name'), left('what')],
          rows: measured.map(({ name, engine }) => [name, engine]),
        },
        notes: [
          'known error: the median against published times, in the first number format in which there are some',
          '"zeroskip hardware show NAME" gives each number with its source; NAME:KERNEL runs all layers with one kernel',
        ],
      },
    ],
    json: () => [
      ...entries.map(({ hardware, aliases, error, areaMm2 }) => ({
        ...{ name: hardware.name, aliases, title: hardware.title, family: hardware.family },
        ...{ kernels: hardware.kernels, opt_in_kernels: hardware.optInKernels },
        ...{ precisions: hardware.precisions, known_error: error?.median ?? null },
        ...{ origin: 'modelled', area_mm2: areaMm2 },
      })),
      ...measured.map(({ name, engine }) => ({
        ...{ name, title: engine, family: 'host', origin: 'measured' },
      })),
    ],
    records: () => ({
      columns: ['name', 'family', 'origin', 'title', 'area_mm2'],
      rows: [
        ...entries.map(({ hardware: { name, family, title }, areaMm2 }) => [
          ...[name, family, 'modelled', title, areaMm2],
        ]),
        ...measured.map(({ name, engine }) => [name, 'host', 'measured', engine, null]),
      ],
    }),
  };
}

const firstOf = (errors: readonly (KnownError | null)[]) => errors.find(Boolean) ?? null;

/** Kernels stand above the table: those of a family's devices are much the same. */
function familySection(heading: string, entries: readonly Entry[], isWide: boolean): Section {
  const all = (names: (hardware: Hardware) => readonly string[]) => [
    ...new Set(entries.flatMap(({ hardware }) => names(hardware))),
  ];
  const byName = all(({ optInKernels }) => optInKernels);
  const hasArea = entries.some(({ areaMm2 }) => areaMm2 !== null);
  return {
    heading,
    lines: [
      `kernels: ${all(({ kernels }) => kernels).join(', ')}${
        byName.length > 0 ? `; by name, where a device has them: ${byName.join(', ')}` : ''
      }`,
    ],
    table: {
      columns: [
        ...[left('name'), left('what')],
        ...(isWide ? [left('number formats')] : []),
        right('known error'),
        ...(isWide && hasArea ? [right('mm²')] : []),
      ],
      rows: entries.map(({ hardware: { name, title, precisions }, aliases, error, areaMm2 }) => [
        name,
        aliases.length > 0 ? `${title}; also: ${aliases.join(', ')}` : title,
        ...(isWide ? [precisions.join(' ')] : []),
        errorText(error, precisions),
        ...(isWide && hasArea ? [areaMm2?.toPrecision(4) ?? UNKNOWN] : []),
      ]),
    },
  };
}

function errorText(error: KnownError | null, [own]: readonly string[]): string {
  if (!error) return UNKNOWN;
  const format = error.precision === own ? '' : `${error.precision} `;
  return `${format}± ${wholePercent(error.median)}`;
}
