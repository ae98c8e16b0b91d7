// One design: which preset it was turned from, its dials, what is different now, its file.

import { inUnit, numberAt, toSi } from '../../../hw-models/dials.js';
import { leafChanges } from '../../../sim/difference.js';
import { save } from '../../html/save.browser.js';
import { count } from '../../quantity.js';
import { designYaml, fileOf } from '../export-yaml.js';
import type { Offer } from '../offer.js';
import { designOf, type ExplorerState, presetOf } from '../state.js';
import type { Store } from '../store.js';
import { Button, Choice, Slider } from './controls.browser.js';

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
          options={offer.presets.map(({ name, title }) => ({ value: name, text: `${name} · ${title}` }))}
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
        {(preset?.dials ?? []).map(({ path, label, unit, levels }) => {
          const value = numberAt(design.config, path);
          if (value === null) return null;
          return (
            <Slider
              key={path}
              id={`dial-${at}-${path}`}
              label={label}
              title={`${path}; ${design.preset} has it from ${preset?.sources[path] ?? 'nowhere'}`}
              levels={levels}
              value={inUnit(value, unit)}
              shown={(level) => (unit === 'count' ? count(level) : `${count(level)} ${unit}`)}
              turned={turned.some(({ field }) => field === path)}
              onTurn={(level) => turn(store, at, path, toSi(level, unit))}
              onSettle={store.settle}
            />
          );
        })}
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
          onPress={() => save(yamlFile(designYaml(design, at, offer)), fileOf(design, at))}
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

function replace(store: Store<ExplorerState>, at: 0 | 1, preset: Offer['presets'][number]): void {
  store.change((draft) => {
    const own = draft.designs[at];
    if (own) Object.assign(own, designOf(preset));
  });
}

/** Sets the number at `path` of a design's config; the gesture is the dial. */
function turn(store: Store<ExplorerState>, at: 0 | 1, path: string, value: number): void {
  store.change((draft) => {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let map: object | undefined = draft.designs[at]?.config;
    for (const key of keys) map = Reflect.get(map ?? {}, key);
    if (map) Reflect.set(map, last, value);
  }, `${at} ${path}`);
}
