// Timelines in the JSON form of the Trace Event Format, which Perfetto (ui.perfetto.dev) and
// Chrome's tracing read. Those resolve nanoseconds, and a cycle is shorter: a microsecond shown is
// a nanosecond modelled or measured.

import type { Timeline } from '../../sim/timeline.js';

/** A timeline and whose it is: 'alex-6 on eie-64:sparse'. */
export interface NamedTimeline extends Timeline {
  readonly name: string;
}

/** Of the numbers that the trace states, in units of what it shows. */
const SHOWN_PER_SECOND = 1e9;
/** Digits after the point: a picosecond modelled, a nanosecond shown. */
const DECIMALS = 1e3;

/**
 * Tracks in the order in which they were first met; a process a timeline, a thread a track, a
 * counter a level.
 */
export function chromeTrace(timelines: readonly NamedTimeline[]): string {
  const events = timelines.flatMap((timeline, at) => eventsOf(timeline, at + 1));
  const otherData = {
    made_by: 'zeroskip',
    time_scale: 'a microsecond shown is a nanosecond modelled or measured',
    sampling:
      'of long layers, runs of consecutive steps spread evenly; levels are means over equal stretches of time',
    frames: 'of a batch, steps and levels are those of the first frame; the others are the same',
  };
  const lines = events.map((event) => JSON.stringify(event));
  return `{"displayTimeUnit":"ns","otherData":${JSON.stringify(otherData)},"traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}

interface TraceEvent {
  readonly ph: 'M' | 'X' | 'C';
  readonly name: string;
  readonly pid: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args?: Readonly<Record<string, string | number>>;
}

function eventsOf(
  { name, origin, slices, levels }: NamedTimeline,
  pid: number,
): readonly TraceEvent[] {
  const tracks = [...new Set(slices.map(({ track }) => track))];
  const threadOf = new Map(tracks.map((track, at) => [track, at + 1]));
  const shown = (seconds: number) => Math.round(seconds * SHOWN_PER_SECOND * DECIMALS) / DECIMALS;
  return [
    { ph: 'M', name: 'process_name', pid, args: { name: `${name} (${origin})` } },
    ...tracks.flatMap((track, at): readonly TraceEvent[] => [
      { ph: 'M', name: 'thread_name', pid, tid: at + 1, args: { name: track } },
      { ph: 'M', name: 'thread_sort_index', pid, tid: at + 1, args: { sort_index: at } },
    ]),
    ...slices.map((slice): TraceEvent => {
      const ts = shown(slice.startSeconds);
      // From rounded ends, so that slices that touch do not overlap.
      const dur = Math.round((shown(slice.endSeconds) - ts) * DECIMALS) / DECIMALS;
      return {
        ...{ ph: 'X', name: slice.name, cat: origin, pid, tid: threadOf.get(slice.track) ?? 0, ts },
        dur,
        ...(slice.details ? { args: slice.details } : {}),
      };
    }),
    ...levels.map(
      ({ name: level, startSeconds, value }): TraceEvent => ({
        ...{ ph: 'C', name: level, pid, ts: shown(startSeconds) },
        args: { value: Number(value.toPrecision(6)) },
      }),
    ),
  ];
}
