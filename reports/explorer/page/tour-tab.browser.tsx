// The tab with the guided tour: EIE's dials turned one by one, with the papers' figures beside.

import { useState } from 'preact/hooks';
import type { Exploration } from '../../../sim/explore.js';
import { heatHue } from '../../machine/heat.js';
import {
  paperOf,
  questionsOf,
  sliderOf,
  stateOfStep,
  type TourPoint,
  type TourStep,
  tour,
  turned,
} from '../tour.js';
import { Button } from './controls.browser.js';
import { useInspection } from './inspector.browser.js';
import type { ToolProps } from './panel.js';

export function TourTab(props: ToolProps) {
  const [at, setAt] = useState<number | null>(null);
  const step = at === null ? undefined : tour[at];
  const { offer, store } = props;
  /** Opens a step and sets EIE as it is on the step's layer, which Undo takes back. */
  const open = (next: number) => {
    const into = tour[next];
    const state = into && stateOfStep(offer, store.state, into);
    if (!state) return;
    store.change((draft) => Object.assign(draft, state));
    setAt(next);
  };
  return (
    <section aria-labelledby="tour-heading">
      <h2 id="tour-heading">EIE in seven steps</h2>
      {step === undefined || at === null ? (
        <>
          <p>
            Why the accelerator of Han et al. (ISCA 2016) is built as it is: each step turns one of
            its dials on a layer of AlexNet, works out what that changes, and shows what the authors
            print. It sets design A and the network; Undo takes that back.
          </p>
          <ol>
            {tour.map(({ id, title, question }) => (
              <li key={id}>
                <strong>{title}</strong>: {question}
              </li>
            ))}
          </ol>
          <Button onPress={() => open(0)}>Start</Button>
        </>
      ) : (
        <>
          <p className="below">
            Step {at + 1} of {tour.length}{' '}
            <Button onPress={() => open(at - 1)} disabled={at === 0}>
              Back
            </Button>{' '}
            <Button onPress={() => open(at + 1)} disabled={at === tour.length - 1}>
              Next
            </Button>
          </p>
          <Step key={step.id} step={step} {...props} />
        </>
      )}
    </section>
  );
}

function Step({ step, offer, store, openTab }: ToolProps & { readonly step: TourStep }) {
  const questions = questionsOf(offer, store.state, step);
  const answer = useInspection({ kind: 'sweep', questions });
  const state = stateOfStep(offer, store.state, step);
  const slider = state && sliderOf(offer, state, step);
  if (!state || !slider) return <p role="alert">The page has no preset of EIE.</p>;
  const set = (level: number) =>
    store.change((draft) => Object.assign(draft, turned(state, slider, level)));
  const shown = (level: number) => slider.shown(level);
  return (
    <>
      <h3>{step.title}</h3>
      <p id="tour-question">{step.question}</p>
      {!answer && <p role="status">The levels are being worked out.</p>}
      {answer && 'fault' in answer && (
        <p role="alert" className="fault">
          {answer.fault}
        </p>
      )}
      {answer && 'found' in answer && (
        <Found step={step} points={pointsOf(step, answer.found, shown)} onSet={set} />
      )}
      <h3>In the papers</h3>
      <ul id="tour-paper">
        {paperOf(offer, step).map(({ name, text, source }) => (
          <li key={name}>
            {name}: <strong>{text}</strong> <small>({source})</small>
          </li>
        ))}
      </ul>
      <p>
        <Button onPress={() => openTab('results')}>See the results</Button>{' '}
        <Button onPress={() => openTab('machine')}>See the machine</Button>
      </p>
    </>
  );
}

/** The levels that the model accepts. */
function pointsOf(
  { levels }: TourStep,
  found: readonly Exploration[],
  shown: (level: number) => string,
): readonly TourPoint[] {
  return found.flatMap(({ designs: [design] }, at) => {
    const level = levels[at];
    return design && 'row' in design && level !== undefined
      ? [{ level, text: shown(level), row: design.row }]
      : [];
  });
}

const BAR = 120;

function Found({
  step,
  points,
  onSet,
}: {
  readonly step: TourStep;
  readonly points: readonly TourPoint[];
  readonly onSet: (level: number) => void;
}) {
  const [first] = step.measures;
  const most = Math.max(...points.map(({ row }) => first.of(row)), Number.MIN_VALUE);
  return (
    <>
      <div className="scroll">
        <table className="tour">
          <thead>
            <tr>
              <th scope="col">set A to</th>
              <th scope="col">{first.name}</th>
              {step.measures.map(({ name }) => (
                <th key={name} scope="col" className="right">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {points.map(({ level, text, row }) => (
              <tr key={level}>
                <th scope="row" className="unbroken">
                  <Button onPress={() => onSet(level)}>{text}</Button>
                  {level === step.chosen && ' · EIE'}
                </th>
                <td>
                  <svg viewBox={`0 0 ${BAR} 12`} width={BAR} height={12} aria-hidden="true">
                    <rect
                      width={(first.of(row) / most) * BAR}
                      height={12}
                      fill={heatHue('time')}
                      fill-opacity={level === step.chosen ? 1 : 0.45}
                    />
                  </svg>
                </td>
                {step.measures.map(({ name, of, shown }) => (
                  <td key={name} className="right unbroken">
                    {shown(of(row))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div id="tour-said" role="status">
        {step.explain(points).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
    </>
  );
}
