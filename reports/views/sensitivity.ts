// Shows the effect of each axis of a sweep on each objective.

import { metrics } from '../../sim/sweep/metrics.js';
import type { Effect, Sensitivity } from '../../sim/sweep/sensitivity.js';
import { effectCharts } from '../charts/effects.js';
import { left, right, type Section, type View } from '../document.js';
import { metricText } from '../metric.js';
import { percent, ratio, UNKNOWN } from '../quantity.js';

const EXPLANATION = [
  'share: of the variance of the objective’s logarithm, what lies between the levels of this axis by itself',
  'range: the worst level’s geometric mean over the best one’s',
];

export function sensitivityView(sensitivity: Sensitivity): View {
  const { plan, designs, effects, leftOut } = sensitivity;
  const { name, title, objectives, strategy } = plan.spec;
  const kind = strategy?.kind ?? 'grid';
  const notes = [
    ...leftOut.map(
      (objective) => `${objective}: some design has 0, which has no logarithm; left out`,
    ),
    ...(kind === 'nsga2' || kind === 'bayesian'
      ? [
          `${kind} looks where designs are good: shares are those of where it looked, not of the whole space`,
        ]
      : []),
  ];
  return {
    title: 'zeroskip sensitivity',
    subject: `${title ?? name}: what each axis does`,
    charts: () => [{ heading: 'What each axis does', charts: effectCharts(sensitivity) }],
    sections: () => [
      {
        heading: `${title ? `${name} · ${title}` : name} · what each axis does`,
        lines: [
          `over ${designs.toLocaleString('en-US')} designs that the models accept`,
          ...EXPLANATION,
        ],
        notes,
      },
      ...objectives
        .filter((objective) => !leftOut.includes(objective))
        .map((objective): Section => {
          const own = effects.filter((effect) => effect.objective === objective);
          return {
            heading: `${objective}, ${metrics[objective].meaning}`,
            table: {
              columns: [
                left('axis'),
                right('share'),
                right('range'),
                left('best level'),
                right('mean there'),
              ],
              rows: own.map((effect) => [
                effect.axis,
                effect.share === null ? UNKNOWN : percent(effect.share),
                ratio(effect.range),
                best(effect).level,
                metricText(best(effect).mean, metrics[objective].unit),
              ]),
            },
          };
        }),
    ],
    json: () => ({
      sweep: name,
      fingerprint: plan.fingerprint,
      designs,
      left_out: leftOut,
      effects: effects.map(({ axis, objective, share, range, levels }) => ({
        axis,
        objective,
        share,
        range,
        levels,
      })),
    }),
    records: () => ({
      columns: ['objective', 'axis', 'share', 'range', 'level', 'designs', 'mean'],
      rows: effects.flatMap(({ objective, axis, share, range, levels }) =>
        levels.map(({ level, designs: there, mean }) => [
          objective,
          axis,
          share,
          range,
          level,
          there,
          mean,
        ]),
      ),
    }),
  };
}

function best({ levels }: Effect): Effect['levels'][number] {
  return levels.reduce((min, level) => (level.mean < min.mean ? level : min));
}
