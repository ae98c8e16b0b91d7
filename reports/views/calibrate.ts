// Shows the measurements of this machine, and the preset made from them.

import { type Code, codes, nativeCodes } from '../../hw-models/host-model/calls/work.js';
import type { HostConfig } from '../../hw-models/host-model/config.js';
import {
  allLoopNames,
  type LoopName,
  loopOf,
  macsOfTurn,
} from '../../hw-models/host-model/loops.js';
import type { Measurement } from '../../sim/calibrate/measure.js';
import type { Calibration } from '../../sim/calibrate.node.js';
import { left, right, type Section, type View } from '../document.js';
import { percent, quantity } from '../quantity.js';

const CODE_NAMES: Readonly<Record<Code, string>> = {
  ...{
    columns: 'columns',
    sparseRows: 'sparse rows',
    denseRows: 'dense rows',
    winograd: 'Winograd',
  },
  ...{
    fft: 'Fourier transforms',
    pools: 'pools',
    elementwise: 'sums and ReLUs',
    copies: 'copies',
  },
  ...{
    nativeColumns: 'native columns',
    nativeRows: 'native sparse rows',
    nativePanels: 'native dense products',
    nativeStreams: 'other native kernels',
  },
};

/** `file`: where the preset was kept; null where it was not. */
export function calibrationView(calibration: Calibration, file: string | null): View {
  const { machine, measurements, turns, preset, yaml, notes } = calibration;
  return {
    title: 'zeroskip calibrate',
    sections: () => [
      machineSection(calibration),
      loopSection(calibration),
      lineSection(calibration),
      exposedSection(calibration, file),
    ],
    json: () => ({
      ...{ machine, origin: 'measured', measurements: measurements.map(record), notes, file },
      turns: {
        cycles: Object.fromEntries(turns.cycles),
        median_error: turns.medianError,
        calls: calibration.calls.length,
      },
      ...(calibration.native
        ? {
            native: {
              instructions: calibration.native.instructions,
              cycles: Object.fromEntries(calibration.native.turns.cycles),
              median_error: calibration.native.turns.medianError,
              calls: calibration.native.calls.length,
            },
          }
        : {}),
      ...{ lines: preset.config.lines, exposed: preset.config.exposed, preset: yaml },
    }),
    records: () => ({
      columns: ['key', 'what', 'value', 'median', 'worst', 'unit', 'repetitions'],
      rows: [
        ...measurements.map((m) => [
          m.key,
          m.what,
          m.value,
          m.median,
          m.worst,
          m.unit,
          m.repetitions,
        ]),
        ...solvedLoops(calibration).map(([name, cycles]) => [
          `turns.${name}`,
          loopOf(name).what,
          cycles,
          null,
          null,
          'cycles',
          null,
        ]),
      ],
    }),
  };
}

function machineSection({ machine, measurements }: Calibration): Section {
  return {
    heading: `${machine.model || 'This machine'}, measured`,
    lines: [
      `${machine.cores} core${machine.cores === 1 ? '' : 's'}`,
      'Of several repetitions the best one counts, as other programs only slow a loop down; of powers the median.',
    ],
    table: {
      columns: [left('measured'), right('best'), right('median'), right('worst'), right('times')],
      rows: measurements.map((measurement) => [
        measurement.what,
        ...[measurement.value, measurement.median, measurement.worst].map((value) =>
          quantity(value, measurement.unit),
        ),
        `${measurement.repetitions}`,
      ]),
    },
  };
}

/** Of both builds. */
const solvedLoops = ({ turns, native }: Calibration): readonly (readonly [LoopName, number])[] =>
  allLoopNames.flatMap((name) => {
    const cycles = turns.cycles.get(name) ?? native?.turns.cycles.get(name);
    return cycles === undefined ? [] : [[name, cycles] as const];
  });

function loopSection(calibration: Calibration): Section {
  const { calls, turns, native } = calibration;
  return {
    heading: "The engine's inner loops, data in L1",
    lines: [
      `Solved for from ${calls.length} calls of small layers, each timed by itself; half of the calls take within ${percent(turns.medianError)} of what these cycles add up to.`,
      ...(native
        ? [
            `Native ones (${native.instructions}): from ${native.calls.length} calls, half of them within ${percent(native.turns.medianError)}; vectors of ${native.vectorFloats} floats.`,
          ]
        : []),
    ],
    table: {
      columns: [left('a turn of'), right('cycles'), right('multiply-adds')],
      rows: solvedLoops(calibration).map(([name, cycles]) => [
        loopOf(name).what,
        cycles.toFixed(2),
        `${macsOfTurn(name, calibration.native?.vectorFloats ?? 1)}`,
      ]),
    },
  };
}

function lineSection({ preset }: Calibration): Section {
  const { lines } = preset.config;
  return {
    heading: 'A cache line on its way to a core',
    lines: [
      'Of a call’s time in the core and on the way the longer counts whole, and of the shorter a share that depends on the code (below). Beginning anew and going on elsewhere add all of their wait.',
    ],
    table: {
      columns: [
        left('found in'),
        right('read, cycles'),
        right('write, cycles'),
        right('begin anew, cycles'),
        right('next column'),
        right('next page'),
      ],
      rows: (['l2', 'l3', 'memory'] as const).map((level) => {
        const { read, write, restart, stream, page } = lines[level];
        return [
          level === 'memory' ? level : level.toUpperCase(),
          ...[read, write, restart, stream, page].map((cycles) => cycles.toFixed(1)),
        ];
      }),
    },
  };
}

function exposedSection({ preset, notes }: Calibration, file: string | null): Section {
  return {
    heading: 'Of the shorter of both times, what adds to the longer',
    table: {
      columns: [left('code'), ...['L2', 'L3', 'memory'].map((level) => right(`data in ${level}`))],
      rows: exposures(preset.config)
        .filter(([code]) => code !== 'columns')
        .map(([code, { l2, l3, memory }]) => {
          return [
            CODE_NAMES[code],
            ...[l2, l3, memory].map((share) => `${(100 * share).toFixed(0)} %`),
          ];
        }),
    },
    notes: [...(file === null ? [] : [`kept for host-model in ${file}`]), ...notes],
  };
}

type Exposure = HostConfig['exposed']['copies'];

function exposures({ exposed, native }: HostConfig): readonly (readonly [Code, Exposure])[] {
  const own = codes.map((code) => [code, exposed[code]] as const);
  const more = native ? nativeCodes.map((code) => [code, native.exposed[code]] as const) : [];
  return [...own, ...more];
}

const record = ({ key, what, unit, value, median, worst, repetitions }: Measurement) => ({
  ...{ key, what, unit, value, median, worst, repetitions },
});
