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
  Record<MetricName, { readonly unit: string; readonly meaning: string }>
> = {
  seconds: { unit: 's', meaning: 'time of one frame' },
  joules: { unit: 'J', meaning: 'energy of one frame' },
  edp: { unit: 'J·s', meaning: 'energy-delay product: joules × seconds of one frame' },
  watts: { unit: 'W', meaning: 'joules over seconds' },
  area_mm2: { unit: 'mm²', meaning: 'silicon of the whole chip' },
  dollars_per_million_frames: {
    unit: '$',
    meaning: 'rent and electricity of a million frames at the prices in `cost`',
  },
  die_dollars: { unit: '$', meaning: 'a good die off the wafer in `cost`' },
  error: {
    unit: '',
    meaning: 'worst relative error of a layer: RMS of (computed − exact) over RMS of exact outputs',
  },
};
