// What was measured of this machine, and the preset made of it.

import { type LoopName, loopNames, loops } from '../../hw-models/host-model/loops.js';
import type { Measurement } from '../../sim/calibrate/measure.js';
import type { Calibration } from '../../sim/calibrate.node.js';
import { left, right, type Section, type View } from '../document.js';
import { percent, quantity } from '../quantity.js';

/** `file`: where the preset was kept; null where it was not. */
export function calibrationView(calibration: Calibration, file: string | null): View {
  const { machine, measurements, turns, preset, yaml, notes } = calibration;
  return {
    sections: () => [machineSection(calibration), loopSection(calibration), lineSection(calibration, file)],
    json: () => ({
      ...{ machine, origin: 'measured', measurements: measurements.map(record), notes, file },
      turns: {
        cycles: Object.fromEntries(turns.cycles),
        median_error: turns.medianError,
        calls: calibration.calls.length,
      },
      ...{ lines: preset.config.lines, exposed: preset.config.exposed, preset: yaml },
    }),
    records: () => ({
      columns: ['key', 'what', 'value', 'median', 'worst', 'unit', 'repetitions'],
      rows: [
        ...measurements.map((m) => [m.key, m.what, m.value, m.median, m.worst, m.unit, m.repetitions]),
        ...solvedLoops(calibration).map(([name, cycles]) => [
          `turns.${name}`,
          loops[name].what,
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
        ...[measurement.value, measurement.median, measurement.worst].map((value) => quantity(value, measurement.unit)),
        `${measurement.repetitions}`,
      ]),
    },
  };
}

const solvedLoops = ({ turns }: Calibration): readonly (readonly [LoopName, number])[] =>
  loopNames.flatMap((name) => {
    const cycles = turns.cycles.get(name);
    return cycles === undefined ? [] : [[name, cycles] as const];
  });

function loopSection(calibration: Calibration): Section {
  const { calls, turns } = calibration;
  return {
    heading: "The engine's inner loops, data in L1",
    lines: [
      `Solved for from ${calls.length} calls of small layers, each timed by itself; half of the calls take within ${percent(turns.medianError)} of what these cycles add up to.`,
    ],
    table: {
      columns: [left('a turn of'), right('cycles'), right('multiply-adds')],
      rows: solvedLoops(calibration).map(([name, cycles]) => [
        loops[name].what,
        cycles.toFixed(2),
        `${loops[name].macs}`,
      ]),
    },
  };
}

function lineSection({ preset, notes }: Calibration, file: string | null): Section {
  const { lines, exposed } = preset.config;
  return {
    heading: 'A cache line on its way to a core',
    lines: [
      `Of a call's time in the core and on the way, ${percent(exposed)} of the shorter adds to the longer; beginning anew adds all of its wait.`,
    ],
    table: {
      columns: [
        left('found in'),
        right('read, cycles'),
        right('write, cycles'),
        right('begin anew, cycles'),
        right('go on elsewhere'),
      ],
      rows: (['l2', 'l3', 'memory'] as const).map((level) => {
        const { read, write, restart, stream } = lines[level];
        return [
          level === 'memory' ? level : level.toUpperCase(),
          ...[read, write, restart, stream].map((cycles) => cycles.toFixed(1)),
        ];
      }),
    },
    notes: [...(file === null ? [] : [`kept for host-model in ${file}`]), ...notes],
  };
}

const record = ({ key, what, unit, value, median, worst, repetitions }: Measurement) => ({
  ...{ key, what, unit, value, median, worst, repetitions },
});
