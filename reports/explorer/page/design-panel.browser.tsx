// One design: which preset it was turned from, its dials, what is different now, its file.

import type { Switch } from '../../../hw-models/contract.js';
import { valueAt } from '../../../hw-models/dials.js';
import { leafChanges } from '../../../sim/difference.js';
import { save } from '../../html/save.browser.js';
import { designYaml, fileOf } from '../export-yaml.js';
import type { Offer } from '../offer.js';
import { designSliders, setAt } from '../sliders.js';
import { designOf, type ExplorerState, presetOf } from '../state.js';
import type { Store } from '../store.js';
import { Button, Choice, SliderInput } from './controls.browser.js';

const FASTEST = '';

export const yamlFile = (text: string) => new Blob([text], { type: 'application/yaml' });

interface DesignPanelProps {
  readonly at: 0 | 1;
  readonly offer: Offer;
  readonly store: Store<ExplorerState>;
}

export function DesignPanel({ at, offer, store }: DesignPanelProps) {
  const design = store.state.designs[at];
  if (!design) return null;
  const preset = presetOf(offer, design);
  const letter = 'AB'[at];
  const turned = leafChanges(preset?.config ?? {}, design.config);
  const kernels = [...(preset?.kernels ?? []), ...(preset?.optInKernels ?? [])];
  return (
    <section aria-labelledby={`design-${at}`} className={`design design-${at}`}>
      <h2 id={`design-${at}`}>
        <span className="letter">{letter}</span> {design.preset}
        {turned.length > 0 && ', turned'}
      </h2>
      <div className="dials">
        <Choice
          id={`preset-${at}`}
          label="from preset"
          value={design.preset}
          options={offer.presets.map(({ name, title }) => ({
            value: name,
            text: `${name} · ${title}`,
          }))}
          onChoose={(name) => {
            const chosen = offer.presets.find((one) => one.name === name);
            if (chosen) replace(store, at, chosen);
          }}
        />
        <Choice
          id={`kernel-${at}`}
          label="kernel"
          value={design.kernel ?? FASTEST}
          options={[
            { value: FASTEST, text: 'the fastest for each layer' },
            ...kernels.map((name) => ({ value: name, text: name })),
          ]}
          onChoose={(kernel) =>
            store.change((draft) => {
              const own = draft.designs[at];
              if (own) own.kernel = kernel === FASTEST ? null : kernel;
            })
          }
        />
        {(preset?.switches ?? []).map((own) => (
          <SwitchChoice key={own.path} at={at} own={own} config={design.config} store={store} />
        ))}
        {designSliders(offer, store.state, at).map((slider) => (
          <SliderInput key={slider.id} slider={slider} store={store} />
        ))}
      </div>
      <div className="below">
        <Button
          onPress={() => preset && replace(store, at, preset)}
          disabled={turned.length === 0}
          title="As the preset has it"
        >
          Reset
        </Button>
        <Button
          onPress={() =>
            save(yamlFile(designYaml(design, at, offer, store.state.precision)), fileOf(design, at))
          }
          title="A preset for zeroskip compare --on"
        >
          Save {fileOf(design, at)}
        </Button>
        {at === 1 && (
          <Button
            onPress={() =>
              store.change((draft) => {
                draft.designs = [draft.designs[0]];
              })
            }
          >
            Remove B
          </Button>
        )}
      </div>
    </section>
  );
}

/** A switch stands by the number of its choice; a config that is none of them is shown as it is. */
function SwitchChoice({
  at,
  own: { path, label, choices },
  config,
  store,
}: Pick<DesignPanelProps, 'at' | 'store'> & { readonly own: Switch; readonly config: object }) {
  const value = JSON.stringify(valueAt(config, path));
  const chosen = choices.findIndex((choice) => JSON.stringify(choice.value) === value);
  return (
    <Choice
      id={`switch-${at}-${path}`}
      label={label}
      value={chosen < 0 ? value : `${chosen}`}
      options={choices.map(({ name }, number) => ({ value: `${number}`, text: name }))}
      onChoose={(number) => {
        const choice = choices[Number(number)];
        if (choice) store.change((draft) => setAt(draft, at, path, choice.value));
      }}
    />
  );
}

function replace(store: Store<ExplorerState>, at: 0 | 1, preset: Offer['presets'][number]): void {
  store.change((draft) => {
    const own = draft.designs[at];
    if (own) Object.assign(own, designOf(preset));
  });
}
