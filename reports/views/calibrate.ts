// What was measured of this machine, and the preset made of it.

import type { Measurement } from '../../sim/calibrate.js';
import type { Calibration } from '../../sim/calibrate.node.js';
import { left, right, type View } from '../document.js';
import { quantity } from '../quantity.js';

export function calibrationView({ machine, library, measurements, preset, notes }: Calibration): View {
  return {
    sections: () => [
      {
        heading: `${machine.model || 'This machine'}, measured`,
        lines: [
          `${machine.cores} core${machine.cores === 1 ? '' : 's'}; library ${library}`,
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
        notes,
      },
    ],
    json: () => ({ machine, library, origin: 'measured', measurements: measurements.map(record), notes, preset }),
    records: () => ({
      columns: ['key', 'what', 'value', 'median', 'worst', 'unit', 'repetitions'],
      rows: measurements.map((m) => [m.key, m.what, m.value, m.median, m.worst, m.unit, m.repetitions]),
    }),
  };
}

const record = ({ key, what, unit, value, median, worst, repetitions }: Measurement) => ({
  ...{ key, what, unit, value, median, worst, repetitions },
});
