// The panel with the designs' results in numbers.

import type { ComponentChildren } from 'preact';
import type { Row } from '../../../sim/result.js';
import { count, percent, quantity, ratio, UNKNOWN } from '../../quantity.js';
import { balanceOf, type DesignOutcome, loadOf } from '../outcome.js';
import { Scroll } from './scroll.browser.js';

interface Measure {
  readonly name: string;
  readonly of: (row: Row) => number | null;
  readonly shown: (value: number | null) => string;
}

const measures: readonly Measure[] = [
  { name: 'time', of: ({ seconds }) => seconds, shown: (value) => quantity(value, 's') },
  { name: 'frames/s', of: ({ framesPerSecond }) => framesPerSecond, shown: count },
  { name: 'energy', of: ({ joules }) => joules, shown: (value) => quantity(value, 'J') },
  { name: 'power', of: ({ watts }) => watts, shown: (value) => quantity(value, 'W') },
  {
    name: 'energy × time',
    of: ({ joules, seconds }) => (joules === null ? null : joules * seconds),
    shown: (value) => quantity(value, 'J·s'),
  },
  {
    name: 'area',
    of: ({ areaMm2 }) => areaMm2,
    shown: (value) => (value === null ? UNKNOWN : `${count(value)} mm²`),
  },
  {
    name: 'load balance',
    of: (row) => {
      const load = loadOf(row);
      return load && balanceOf(load);
    },
    shown: (value) => (value === null ? UNKNOWN : percent(value)),
  },
];

/** `id` is for whoever reads the page by program. */
function Value({
  id,
  value,
  text,
}: {
  readonly id?: string;
  readonly value: number | null;
  readonly text: string;
}) {
  return value === null ? (
    <span id={id}>{text}</span>
  ) : (
    <data id={id} value={`${value}`}>
      {text}
    </data>
  );
}

const over = (a: number | null, b: number | null) => (a !== null && b ? a / b : null);

export function ResultsPanel({
  outcomes,
  batch,
  children,
}: {
  readonly outcomes: readonly DesignOutcome[];
  readonly batch: number;
  /** What stands beside the numbers where there is room. */
  readonly children: ComponentChildren;
}) {
  const [a, b] = outcomes;
  // Two designs of one preset have one point of the paper.
  const points = [...new Set(outcomes.flatMap((outcome) => outcome.published ?? []))];
  const published = points.map((point, at) => ({ at, point }));
  const pointOf = ({ point }: (typeof published)[number], name: string): number | null => {
    if (name === 'time') return point.seconds;
    if (name === 'energy') return point.joules;
    return name === 'area' ? point.areaMm2 : null;
  };
  return (
    <section aria-labelledby="results">
      <h2 id="results">Results{batch > 1 && `, for a batch of ${batch}`}</h2>
      {outcomes.map(({ fault }, at) =>
        fault === null ? null : (
          <p key={`fault-${'AB'[at]}`} role="alert" className="fault">
            {'AB'[at]} cannot be built: {fault}
          </p>
        ),
      )}
      <div className="numbers">
        <Scroll label="Results in numbers">
          <table>
            <thead>
              <tr>
                <th scope="col">modelled</th>
                {outcomes.map(({ design }, at) => (
                  <th key={`head-${'AB'[at]}`} scope="col" className="right">
                    <span className="letter">{'AB'[at]}</span> {design.preset}
                  </th>
                ))}
                {a && b && (
                  <th scope="col" className="right">
                    B ÷ A
                  </th>
                )}
                {a && (
                  <th scope="col" className="right">
                    A ÷ its preset
                  </th>
                )}
                {published.map(({ at, point }) => (
                  <th key={`paper-${at}`} scope="col" className="right" title={point.source}>
                    {point.hardware} in the paper
                  </th>
                ))}
              </tr>
            </thead>
            <tbody aria-live="polite">
              {measures.map(({ name, of, shown }) => {
                const values = outcomes.map(({ row }) => row && of(row));
                const [first = null, second = null] = values;
                return (
                  <tr key={name}>
                    <th scope="row" className="unbroken">
                      {name}
                    </th>
                    {values.map((value, at) => (
                      <td key={`value-${'AB'[at]}`} className="right unbroken">
                        <Value
                          id={`${'ab'[at]}-${name.replace(/\W+/g, '-')}`}
                          value={value}
                          text={shown(value)}
                        />
                      </td>
                    ))}
                    {a && b && <td className="right">{ratio(over(second, first))}</td>}
                    {a && <td className="right">{ratio(over(first, a.before && of(a.before)))}</td>}
                    {published.map((one) => (
                      <td key={`paper-${one.at}`} className="right unbroken">
                        {pointOf(one, name) === null ? '' : shown(pointOf(one, name))}
                      </td>
                    ))}
                  </tr>
                );
              })}
              <tr>
                <th scope="row">bound by</th>
                {outcomes.map(({ row }, at) => (
                  <td key={`bound-${'AB'[at]}`} className="right">
                    {row?.bound ?? UNKNOWN}
                  </td>
                ))}
              </tr>
              <tr>
                <th scope="row">kernel</th>
                {outcomes.map(({ row }, at) => (
                  <td key={`kernel-${'AB'[at]}`} className="right">
                    {row?.kernel ?? UNKNOWN}
                  </td>
                ))}
              </tr>
            </tbody>
          </table>
        </Scroll>
        {children}
      </div>
      {published.length > 0 && (
        <p>
          The paper: {[...new Set(published.map(({ point }) => point.source))].join('; ')}; its
          energy is time × power.
        </p>
      )}
      {outcomes.some(({ row }) => row && row.notes.length > 0) && (
        <ul className="notes">
          {outcomes.flatMap(({ row }, at) =>
            (row?.notes ?? []).map((note) => (
              <li key={`${at} ${note}`}>
                {'AB'[at]}: {note}
              </li>
            )),
          )}
        </ul>
      )}
    </section>
  );
}
