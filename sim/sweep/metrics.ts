// The metrics of a design point. Lower is better for each.

export const metricNames = [
  'seconds',
  'joules',
  'edp',
  'watts',
  'area_mm2',
  'dollars_per_million_frames',
  'die_dollars',
  'error',
] as const;

export type MetricName = (typeof metricNames)[number];

const names: readonly string[] = metricNames;

export const isMetric = (name: string): name is MetricName => names.includes(name);

/**
 * Of one frame of the whole mix of workloads unless the meaning says otherwise; null where nobody
 * can know.
 */
export type Metrics = Readonly<Record<MetricName, number | null>>;

export const metrics: Readonly<
  Record<MetricName, { readonly unit: string; readonly title: string; readonly meaning: string }>
> = {
  seconds: { unit: 's', title: 'time', meaning: 'time of one frame' },
  joules: { unit: 'J', title: 'energy', meaning: 'energy of one frame' },
  edp: {
    ...{ unit: 'J·s', title: 'energy × time' },
    meaning: 'energy-delay product: joules × seconds of one frame',
  },
  watts: { unit: 'W', title: 'power', meaning: 'joules over seconds' },
  area_mm2: { unit: 'mm²', title: 'area', meaning: 'silicon of the whole chip' },
  dollars_per_million_frames: {
    ...{ unit: '$', title: 'price of a million frames' },
    meaning: 'rent and electricity of a million frames at the prices in `cost`',
  },
  die_dollars: {
    ...{ unit: '$', title: 'price of a die' },
    meaning: 'a good die off the wafer in `cost`',
  },
  error: {
    ...{ unit: '', title: 'error' },
    meaning: 'worst relative error of a layer: RMS of (computed − exact) over RMS of exact outputs',
  },
};
