// The panel with the workload of all designs: the network, the batch, the densities, the seed.

import { count } from '../../quantity.js';
import type { Offer } from '../offer.js';
import { weightsOf, workloadSliders } from '../sliders.js';
import type { ExplorerState } from '../state.js';
import type { Store } from '../store.js';
import { Choice, SliderInput } from './controls.browser.js';

export function WorkloadPanel({
  offer,
  store,
}: {
  readonly offer: Offer;
  readonly store: Store<ExplorerState>;
}) {
  const { state } = store;
  return (
    <section aria-labelledby="workload-heading">
      <h2 id="workload-heading">Network</h2>
      <div className="dials">
        <Choice
          id="workload"
          label="network"
          value={state.workload}
          options={offer.workloads.map(({ name, title }) => ({
            value: name,
            text: `${name} · ${title}`,
          }))}
          onChoose={(name) =>
            store.change((draft) => {
              draft.workload = name;
              draft.weightDensity = null;
              draft.activationDensity = null;
            })
          }
        />
        {workloadSliders(offer, state).map((slider) => (
          <SliderInput key={slider.id} slider={slider} store={store} />
        ))}
      </div>
      <p>{count(weightsOf(offer, state))} weights</p>
    </section>
  );
}
