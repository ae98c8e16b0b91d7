// A layer cycle by cycle: a scrubber, what each unit does around the chosen cycle, how full its queue
// is, and means over the whole layer.

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LayerRecord } from '../../../sim/inspect.js';
import { color, type Token } from '../../charts/palette.js';
import {
  cycleOf,
  cyclesOfSlices,
  type Doing,
  doingAt,
  firstWork,
  indexRecord,
  queuesAt,
  type RecordIndex,
  type SliceAt,
  slicesBetween,
  stretchAt,
  unitOf,
} from '../../machine/record-index.js';
import { count } from '../../quantity.js';
import { Button } from './controls.browser.js';
import { useWidth } from './width.browser.js';

/** Slices of the busiest track in view: of EIE's control unit, which does one a cycle or two. */
const IN_VIEW = 40;
/** Steps of the scrubber across the view. */
const STEPS_IN_VIEW = 120;
const NAMES = 84;
const MILLISECONDS_A_CYCLE = 90;

interface Looks {
  readonly token: Token;
  readonly opacity: number;
  readonly words: string;
}

const looks: Readonly<Record<Doing, Looks>> = {
  work: { token: 'accent', opacity: 0.85, words: 'works' },
  empty: { token: 'accent', opacity: 0.25, words: 'meets no entry: a cycle for nothing' },
  send: { token: 'measured', opacity: 1, words: 'sends an activation to all' },
  fill: { token: 'measured', opacity: 0.6, words: 'fills or drains' },
  wait: { token: 'alert', opacity: 0.9, words: 'waits' },
  fetch: { token: 'muted', opacity: 0.5, words: 'fetches' },
};

export function Timeline({ record }: { readonly record: LayerRecord }) {
  const index = useMemo(() => indexRecord(record), [record]);
  // No more than there is: a layer of a few slices fills the width.
  const inView = Math.min(
    Math.max(STEPS_IN_VIEW, cyclesOfSlices(index, IN_VIEW)),
    Math.max(1, Math.ceil(index.toldCycles)),
  );
  const step = Math.max(1, Math.round(inView / STEPS_IN_VIEW));
  const [place, setPlace] = useState(() => Math.floor(firstWork(index) + inView / 6));
  const [plays, setPlays] = useState(false);
  const last = Math.max(0, Math.floor(index.toldCycles) - 1);
  const at = Math.min(place, last);
  useEffect(() => {
    if (!plays) return;
    const timer = setInterval(
      () => setPlace((now) => Math.min(last, now + step)),
      MILLISECONDS_A_CYCLE,
    );
    return () => clearInterval(timer);
  }, [plays, last, step]);
  const cycle = cycleOf(index, at);
  return (
    <div className="timeline">
      <div className="scrubber">
        <label for="cycle">cycle</label>
        <input
          id="cycle"
          type="range"
          min={0}
          max={last}
          step={step}
          value={at}
          aria-valuetext={`cycle ${Math.round(cycle)}: ${spoken(index, cycle)}`}
          onInput={({ currentTarget }) => setPlace(currentTarget.valueAsNumber)}
        />
        <output for="cycle">{Math.round(cycle).toLocaleString('en-US')}</output>
        <Button onPress={() => setPlays(!plays)}>{plays ? 'Stop' : 'Play'}</Button>
      </div>
      <p id="cycle-said">{spoken(index, cycle)}</p>
      {record.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {!index.isComplete && (
        <p>
          Recorded step by step: {count(index.toldCycles)} of {count(record.cycles)} cycles, in
          stretches spread over the layer; the scrubber goes from one to the next.
        </p>
      )}
      <Tracks {...{ index, cycle, inView }} />
      <ul className="legend">
        {index.doings
          .map((doing) => looks[doing])
          .map(({ token, opacity, words }) => (
            <li key={words}>
              <svg viewBox="0 0 10 10" className="swatch" aria-hidden="true">
                <rect width={10} height={10} fill={color(token)} fill-opacity={opacity} />
              </svg>
              {words}
            </li>
          ))}
      </ul>
      <Levels {...{ record, cycle }} />
    </div>
  );
}

/** What happens in a cycle, in a sentence. */
function spoken(index: RecordIndex, cycle: number): string {
  const { record, control } = index;
  const units = new Map<string, (SliceAt | null)[]>();
  const others: string[] = [];
  for (const [track, name] of record.tracks.entries()) {
    const slice = doingAt(index, track, cycle);
    const unit = unitOf(name);
    if (unit !== null) units.set(unit, [...(units.get(unit) ?? []), slice]);
    else if (slice && track !== control) others.push(`${name}: ${slice.name || 'works'}`);
  }
  const own = control === null ? null : doingAt(index, control, cycle);
  const queues = queuesAt(index, cycle);
  const fullest = queues && Math.max(...queues);
  return [
    ...(control === null ? [] : [`the control unit ${own ? does(own.name) : 'has sent all'}`]),
    ...[...units].map(([unit, slices]) => {
      const doing = (what: Doing) => slices.filter((slice) => slice?.doing === what).length;
      const empty = doing('empty') > 0 ? `, ${doing('empty')} meet no entry` : '';
      const shown = unit === 'PE' ? '' : ' shown';
      return `${doing('work')} of ${slices.length} ${unit}s${shown} work${empty}`;
    }),
    ...others,
    ...(units.size === 0 && others.length === 0 ? ['nothing is at work'] : []),
    ...(fullest === null || control === null ? [] : [`the fullest queue holds ${fullest}`]),
  ].join('; ');
}

/** 'send activation 12' → 'sends activation 12' */
const does = (name: string) =>
  name.replace(/^(send|wait|fetch)/, (verb) => `${verb}${verb === 'fetch' ? 'es' : 's'}`);

/** Each track's slices around the cycle; behind a PE's name how many activations its queue holds. */
function Tracks({
  index,
  cycle,
  inView,
}: {
  readonly index: RecordIndex;
  readonly cycle: number;
  readonly inView: number;
}) {
  const [place, width] = useWidth(700);
  const { record, control } = index;
  const { from: begin, to: end } = stretchAt(index, cycle);
  const from = Math.max(begin, Math.min(Math.floor(cycle - inView / 2), end - inView));
  const to = from + inView;
  const rows = record.tracks.length;
  // Names need a row of text; without room for them every eighth is named.
  const row = Math.max(4, Math.min(16, 520 / rows));
  const named = Math.ceil(12 / row);
  const x = (at: number) => NAMES + ((at - from) / inView) * (width - NAMES);
  const queues = queuesAt(index, cycle);
  const paths = new Map<Doing, string[]>();
  for (let track = 0; track < rows; track++) {
    for (const slice of slicesBetween(index, track, from, to)) {
      const [left, right] = [x(Math.max(slice.from, from)), x(Math.min(slice.to, to))];
      const path = paths.get(slice.doing) ?? [];
      path.push(
        `M${left.toFixed(1)} ${(track * row + 0.5).toFixed(1)}h${Math.max(0.6, right - left - 0.6).toFixed(1)}v${(row - 1).toFixed(1)}H${left.toFixed(1)}z`,
      );
      paths.set(slice.doing, path);
    }
  }
  const height = rows * row + 18;
  return (
    <div ref={place}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`What ${rows} units do from cycle ${Math.round(from)} to ${Math.round(to)}`}
      >
        {record.tracks.map((name, track) =>
          track % named === 0 || track === control ? (
            <text key={name} x={0} y={track * row + Math.max(row / 2, 5) + 4}>
              {name}
              {queues && track !== control ? ` (${queues[track]})` : ''}
            </text>
          ) : null,
        )}
        {[...paths].map(([doing, parts]) => (
          <path
            key={doing}
            className={doing}
            d={parts.join('')}
            fill={color(looks[doing].token)}
            fill-opacity={looks[doing].opacity}
          />
        ))}
        <rect
          x={x(cycle)}
          y={0}
          width={Math.max(1.5, x(cycle + 1) - x(cycle))}
          height={rows * row}
          fill="none"
          stroke={color('ink')}
          stroke-width={1.2}
        />
        <text x={NAMES} y={height - 4} className="tick">
          {Math.round(from).toLocaleString('en-US')}
        </text>
        <text x={width} y={height - 4} className="tick" text-anchor="end">
          cycle {Math.round(to).toLocaleString('en-US')}
        </text>
      </svg>
    </div>
  );
}

const LEVEL = 46;

/** Means over the layer, and where the cycle lies in it. */
function Levels({ record, cycle }: { readonly record: LayerRecord; readonly cycle: number }) {
  const [place, width] = useWidth(700);
  return (
    <div ref={place}>
      {record.levels.map(({ name, from, values }) => {
        const most = Math.max(...values, Number.MIN_VALUE);
        const x = (at: number) => (at / record.cycles) * width;
        const y = (value: number) => LEVEL - 4 - (value / most) * (LEVEL - 20);
        const path = from.map(
          (at, step) =>
            `${step === 0 ? 'M' : 'V'}${step === 0 ? `${x(at)} ` : ''}${y(values[step] ?? 0).toFixed(1)}H${x(from[step + 1] ?? record.cycles).toFixed(1)}`,
        );
        return (
          <svg
            key={name}
            viewBox={`0 0 ${width} ${LEVEL}`}
            width={width}
            height={LEVEL}
            role="img"
            aria-label={`${name} over the layer, at most ${count(most)}`}
          >
            <text x={0} y={11}>
              {name}, at most {count(most)}
            </text>
            <path d={path.join('')} fill="none" stroke={color('accent')} />
            <line x1={x(cycle)} x2={x(cycle)} y1={14} y2={LEVEL} stroke={color('ink')} />
          </svg>
        );
      })}
    </div>
  );
}
