// The panel with the workload of all designs: the network, the batch, the densities, the seed.

import { precisionChoices, precisions } from '../../../hw-models/contract.js';
import { count } from '../../quantity.js';
import { networkOf, patternedName, patterns } from '../networks.js';
import type { Offer } from '../offer.js';
import { weightsOf, workloadSliders } from '../sliders.js';
import type { ExplorerState } from '../state.js';
import type { Store } from '../store.js';
import { Choice, SliderInput } from './controls.browser.js';

const AS_PUBLISHED = '';
const OWN = '';
const OWN_WEIGHTS =
  ", the file's own: their density and pattern are not drawn. Activations are what a run on a random input meets.";
const DRAWN_WEIGHTS = ', drawn: the file has none. Patterns of zeros are for the networks above.';

export function WorkloadPanel({
  offer,
  store,
}: {
  readonly offer: Offer;
  readonly store: Store<ExplorerState>;
}) {
  const { state } = store;
  const { offered, pattern } = networkOf(offer, state.workload);
  const choose = (network: string, chosen: string | null) =>
    store.change((draft) => {
      draft.workload = patternedName(network, chosen);
      draft.weightDensity = null;
      draft.activationDensity = null;
    });
  return (
    <section aria-labelledby="workload-heading">
      <h2 id="workload-heading">Network</h2>
      <div className="dials">
        <Choice
          id="workload"
          label="network"
          value={offered?.name ?? state.workload}
          options={offer.workloads.map(({ name, title }) => ({
            value: name,
            text: `${name} · ${title}`,
          }))}
          onChoose={(name) => choose(name, null)}
        />
        {!offered?.own && (
          <Choice
            id="pattern"
            label="zeros"
            value={pattern ?? AS_PUBLISHED}
            options={[
              { value: AS_PUBLISHED, text: 'as published or as below' },
              ...patterns.map(({ name, text }) => ({ value: name, text })),
            ]}
            onChoose={(chosen) =>
              choose(offered?.name ?? state.workload, chosen === AS_PUBLISHED ? null : chosen)
            }
          />
        )}
        <Choice
          id="precision"
          label="precision"
          value={state.precision ?? OWN}
          options={[
            { value: OWN, text: "each design's own" },
            { value: 'best', text: 'the fastest that each has' },
            ...precisions.map((name) => ({ value: name, text: `${name}, where there is one` })),
          ]}
          onChoose={(chosen) =>
            store.change((draft) => {
              draft.precision = precisionChoices.find((one) => one === chosen) ?? null;
            })
          }
        />
        {workloadSliders(offer, state).map((slider) => (
          <SliderInput key={slider.id} slider={slider} store={store} />
        ))}
      </div>
      <p>
        {count(weightsOf(offer, state))} weights
        {offered?.own && (offered.own.hasWeights ? OWN_WEIGHTS : DRAWN_WEIGHTS)}
      </p>
    </section>
  );
}
