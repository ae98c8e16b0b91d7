// The tab of sweeps: dials and what is to be minimised are chosen, designs tried, those that none
// beats listed; a click makes one of them design A.

import { useEffect, useState } from 'preact/hooks';
import { knownErrorOf } from '../../../sim/known-errors.js';
import { save } from '../../html/save.browser.js';
import { SWEEP_FILE, sweepYaml } from '../export-yaml.js';
import type { Offer } from '../offer.js';
import { presetOf } from '../state.js';
import {
  frontOf,
  levelsText,
  MAX_DIALS,
  type MeasureName,
  measureOf,
  measures,
  objectives,
  type SweptPoint,
  sweptDials,
} from '../sweep.js';
import { Button, Choice } from './controls.browser.js';
import { yamlFile } from './design-panel.browser.js';
import type { ToolProps } from './panel.js';
import { valueText } from './plane.browser.js';
import { Scroll } from './scroll.browser.js';
import { SweepPlane } from './sweep-plane.browser.js';
import { cancelSweep, lastSweep, type Sweep, startSweep, watchSweep } from './sweep-run.browser.js';

/** Kept while other tabs are looked at. */
let chosenPaths: readonly string[] | null = null;
let chosenObjective = 0;

const FIRST_DIALS = 2;

export function SweepTab({ offer, store }: ToolProps) {
  const [, redraw] = useState(0);
  const again = () => redraw((times) => times + 1);
  useEffect(() => watchSweep(again), []);
  const { state } = store;
  const [design] = state.designs;
  const dials = presetOf(offer, design)?.dials ?? [];
  const known = (chosenPaths ?? []).filter((path) => dials.some((dial) => dial.path === path));
  const paths = known.length > 0 ? known : dials.slice(0, FIRST_DIALS).map(({ path }) => path);
  const swept = sweptDials(offer, state, paths);
  const designs = swept.reduce((product, { levels }) => product * levels.length, 1);
  const pair = objectives[chosenObjective] ?? (['seconds', 'joules'] as const);
  const sweep = lastSweep();
  const choose = (path: string, isChosen: boolean) => {
    chosenPaths = isChosen ? [...paths, path] : paths.filter((one) => one !== path);
    again();
  };
  return (
    <>
      <section aria-labelledby="sweep">
        <h2 id="sweep">Sweep design A</h2>
        <fieldset className="choices">
          <legend>Dials, {MAX_DIALS} at most</legend>
          {dials.map(({ path, label }) => {
            const isChosen = paths.includes(path);
            return (
              <label key={path} title={path}>
                <input
                  type="checkbox"
                  name={path}
                  checked={isChosen}
                  disabled={isChosen ? paths.length === 1 : paths.length >= MAX_DIALS}
                  onChange={({ currentTarget }) => choose(path, currentTarget.checked)}
                />
                {label}
              </label>
            );
          })}
        </fieldset>
        <div className="pickers">
          <Choice
            id="objective"
            label="minimise"
            value={`${chosenObjective}`}
            options={objectives.map(([a, b], at) => ({
              value: `${at}`,
              text: `${measures[a].label} and ${measures[b].label}`,
            }))}
            onChoose={(at) => {
              chosenObjective = Number(at);
              again();
            }}
          />
        </div>
        <div className="below">
          <Button
            onPress={() => startSweep(offer, state, swept)}
            disabled={sweep?.status === 'running' || swept.length === 0}
          >
            Sweep {designs} designs
          </Button>
          <Button
            onPress={() =>
              save(
                yamlFile(sweepYaml(state, offer, { dials: swept, objectives: pair })),
                SWEEP_FILE,
              )
            }
            title="The same for zeroskip sweep, beside the saved design"
            disabled={swept.length === 0}
          >
            Save it as {SWEEP_FILE}
          </Button>
        </div>
      </section>
      {sweep && <Found {...{ offer, sweep, pair, store }} />}
    </>
  );
}

/** Of a list of dials no more is named. */
const MAX_LISTED = 40;

function Found({
  offer,
  sweep,
  pair,
  store,
}: {
  readonly offer: Offer;
  readonly sweep: Sweep;
  readonly pair: readonly [MeasureName, MeasureName];
  readonly store: ToolProps['store'];
}) {
  const { points, dials, done, designs, status, refused, reason, seconds } = sweep;
  const front = frontOf(points, pair);
  const isRunning = status === 'running';
  const left = done > 0 ? Math.ceil(((designs - done) * seconds) / done) : null;
  const load = ({ design }: SweptPoint) =>
    store.change((draft) => {
      Object.assign(draft.designs[0], design);
    });
  const errorOf = ({ design, precision }: SweptPoint) =>
    knownErrorOf(offer.knownErrors, design.preset, precision)?.median ?? null;
  const shown = [...new Set<MeasureName>([...pair, 'seconds', 'joules', 'area_mm2'])];
  return (
    <section aria-labelledby="front" aria-busy={isRunning}>
      <h2 id="front">{front.length} designs that none beats</h2>
      <p>{sweep.of}</p>
      <div className="below">
        <progress value={done} max={designs} aria-label="Designs tried" />
        <span role="status">
          {done} of {designs} designs
          {isRunning && left !== null && `, about ${left} s left`}
          {status === 'cancelled' && ', cancelled'}
          {refused > 0 && `; ${refused} cannot be built`}
        </span>
        {isRunning && <Button onPress={cancelSweep}>Cancel</Button>}
      </div>
      {reason !== null && <p>The first that cannot: {reason}</p>}
      <SweepPlane {...{ points, front, pair, dials, errorOf }} onChoose={load} />
      {front.length > 0 && (
        <Scroll label="Designs that none beats">
          <table>
            <thead>
              <tr>
                <th scope="col" className="right">
                  №
                </th>
                {dials.map(({ path, label }) => (
                  <th key={path} scope="col" className="right">
                    {label}
                  </th>
                ))}
                {shown.map((name) => (
                  <th key={name} scope="col" className="right">
                    {measures[name].label}
                  </th>
                ))}
                <td />
              </tr>
            </thead>
            <tbody>
              {front.slice(0, MAX_LISTED).map((point, at) => (
                <tr key={point.levels.join()}>
                  <th scope="row" className="right">
                    {at + 1}
                  </th>
                  {dials.map((dial, place) => (
                    <td key={dial.path} className="right unbroken">
                      {levelsText([{ ...dial, label: '' }], [point.levels[place] ?? Number.NaN])}
                    </td>
                  ))}
                  {shown.map((name) => (
                    <td key={name} className="right unbroken">
                      {valueText(measureOf(point, name), measures[name])}
                    </td>
                  ))}
                  <td>
                    <Button onPress={() => load(point)} title="Makes it design A">
                      load {at + 1}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {front.length > MAX_LISTED && <p>The first {MAX_LISTED} are listed.</p>}
    </section>
  );
}
