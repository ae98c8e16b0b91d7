// The tab of devices beside the designs: presets as they are, on the same network, with how far off
// published times each is known to be, what it computes in and what it costs to serve.

import { useEffect, useState } from 'preact/hooks';
import type { Explored, ExploredWorkload } from '../../../sim/explore.js';
import { knownErrorOf } from '../../../sim/known-errors.js';
import type { Row } from '../../../sim/result.js';
import { describePrices, servingCost } from '../../../sim/serving/prices.js';
import { dollars, quantity, ratio, UNKNOWN, wholePercent } from '../../quantity.js';
import type { Offer, OfferedPreset } from '../offer.js';
import { unpack } from '../packed.js';
import { designOf, MAX_BESIDE } from '../state.js';
import { Button, Choice } from './controls.browser.js';
import { type Device, DevicesPlane } from './devices-plane.browser.js';
import type { PanelProps, ToolProps } from './panel.js';
import { Scroll } from './scroll.browser.js';

/** What presets came to, by workload and preset: few of the newest are kept. */
const known = new Map<string, Explored>();
const MAX_KNOWN = 400;

const keyOf = (workload: ExploredWorkload, preset: string) => JSON.stringify([workload, preset]);

export function DevicesTab({ offer, store, simulator, results }: PanelProps) {
  const { workload, designs } = results.shown;
  const { beside } = store.state;
  const presets = offer.presets.filter(({ name }) => beside.includes(name));
  useExplored(presets, workload, simulator, results.shown);
  const devices = [
    ...results.outcomes.flatMap(({ design, row }, at): readonly Device[] => {
      const preset = offer.presets.find(({ name }) => name === design.preset);
      const isOwn = JSON.stringify(preset?.config) !== JSON.stringify(design.config);
      const letter = 'AB'[at] ?? '';
      return row
        ? [deviceOf(offer, letter, `${letter} ${design.preset}`, row, isOwn, workload)]
        : [];
    }),
    ...presets.map((preset): Device => {
      const found = known.get(keyOf(workload, preset.name));
      if (!found) return { ...NOTHING, name: preset.name, state: 'working' };
      if ('fault' in found) return { ...NOTHING, name: preset.name, state: found.fault };
      return deviceOf(offer, null, preset.name, found.row, false, workload);
    }),
  ];
  const [first] = devices;
  const left = offer.presets.filter(({ name }) => !beside.includes(name));
  return (
    <section aria-labelledby="devices">
      <h2 id="devices">Devices beside {designs.length > 2 ? 'A and B' : 'A'}</h2>
      <div className="devices">
        <DevicesPlane devices={devices} />
        <div>
          <Scroll label="Devices in numbers">
            <table>
              <thead>
                <tr>
                  <th scope="col">modelled</th>
                  <th scope="col" className="right">
                    time
                  </th>
                  <th scope="col" className="right">
                    known error
                  </th>
                  <th scope="col" className="right">
                    A is faster
                  </th>
                  <th scope="col" className="right">
                    energy
                  </th>
                  <th scope="col">precision</th>
                  <th scope="col" className="right">
                    a million frames
                  </th>
                  <td />
                </tr>
              </thead>
              <tbody>
                {devices.map((device) => (
                  <DeviceRow
                    key={device.name}
                    device={device}
                    first={first}
                    onRemove={
                      device.letter === null
                        ? () =>
                            store.change((draft) => {
                              draft.beside = draft.beside.filter((name) => name !== device.name);
                            })
                        : null
                    }
                  />
                ))}
              </tbody>
            </table>
          </Scroll>
          {beside.length < MAX_BESIDE && (
            <Choice
              id="beside"
              label="add"
              value=""
              options={[
                { value: '', text: 'a device…' },
                ...left.map(({ name, title }) => ({ value: name, text: `${name} · ${title}` })),
              ]}
              onChoose={(name) =>
                store.change((draft) => {
                  if (name !== '') draft.beside.push(name);
                })
              }
            />
          )}
          <p>
            Bars, and ±: half of the published times that the device was compared with lie within
            this of the model; where there is none, nobody has compared.{' '}
            {describePrices(offer.prices)}.
          </p>
        </div>
      </div>
    </section>
  );
}

const NOTHING = {
  ...{ letter: null, row: null, error: null, figures: 0, dollars: null, basis: '' },
} as const;

function deviceOf(
  offer: Offer,
  letter: string | null,
  name: string,
  row: Row,
  isOwn: boolean,
  { batch }: ExploredWorkload,
): Device {
  const error = isOwn ? null : knownErrorOf(offer.knownErrors, row.hardware, row.precisions[0]);
  const { dollarsPerMillion, basis } = servingCost(
    isOwn ? '' : row.hardware,
    row.seconds / batch,
    row.joules === null ? null : row.joules / batch,
    offer.prices,
  );
  return {
    ...{ name, letter, row, state: 'done', dollars: dollarsPerMillion, basis },
    ...{ error: error?.median ?? null, figures: error?.figures ?? 0 },
  };
}

/**
 * Asks for what is not known yet of the presets on the network, one after another; goes on when
 * something else was asked in between.
 */
function useExplored(
  presets: readonly OfferedPreset[],
  workload: ExploredWorkload,
  simulator: ToolProps['simulator'],
  shown: PanelProps['results']['shown'],
): void {
  const [, redraw] = useState(0);
  const names = presets.map(({ name }) => name).join();
  useEffect(() => {
    if (shown.kind !== 'exact') return;
    const jobs = presets
      .filter(({ name }) => !known.has(keyOf(workload, name)))
      .map((preset) => {
        const job = simulator.start('explore', { workload, designs: [designOf(preset)] });
        void job.ended.then((outcome) => {
          if (outcome.kind === 'cancelled') return;
          const [found] = outcome.kind === 'done' ? unpack(outcome.found).designs : [];
          const fault = outcome.kind === 'refused' ? outcome.fault : 'no answer';
          known.set(keyOf(workload, preset.name), found ?? { fault });
          for (const old of [...known.keys()].slice(0, -MAX_KNOWN)) known.delete(old);
          redraw((times) => times + 1);
        });
        return job;
      });
    return () => {
      for (const job of jobs) job.cancel();
    };
  }, [shown, names]);
}

function DeviceRow({
  device: { name, letter, row, state, error, figures, dollars: price, basis },
  first,
  onRemove,
}: {
  readonly device: Device;
  readonly first: Device | undefined;
  readonly onRemove: (() => void) | null;
}) {
  const seconds = row?.seconds ?? null;
  const faster = first?.row && seconds !== null ? seconds / first.row.seconds : null;
  return (
    <tr>
      <th scope="row" className="unbroken">
        {letter === null ? name : <strong>{name}</strong>}
      </th>
      {row === null ? (
        <td colSpan={6}>{state === 'working' ? 'working…' : `cannot run it: ${state}`}</td>
      ) : (
        <>
          <td className="right unbroken">
            <data value={`${row.seconds}`}>{quantity(row.seconds, 's')}</data>
          </td>
          <td className="right unbroken" title={error === null ? '' : `from ${figures} figures`}>
            {error === null ? UNKNOWN : `± ${wholePercent(error)}`}
          </td>
          <td className="right">{ratio(faster)}</td>
          <td className="right unbroken">{quantity(row.joules, 'J')}</td>
          <td>{row.precisions.join(', ') || UNKNOWN}</td>
          <td className="right" title={basis}>
            {dollars(price)}
          </td>
        </>
      )}
      <td>
        {onRemove && (
          <Button onPress={onRemove} title={`Without ${name}`}>
            ×
          </Button>
        )}
      </td>
    </tr>
  );
}
