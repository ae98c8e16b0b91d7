// The controls: sliders over levels, and choices.

import type { ComponentChildren } from 'preact';
import { placeOf, type Slider } from '../sliders.js';
import type { ExplorerState } from '../state.js';
import type { Store } from '../store.js';

interface SliderInputProps {
  readonly slider: Slider;
  readonly store: Store<ExplorerState>;
}

/** A slider whose every place is a level. All moves of one drag are one change. */
export function SliderInput({ slider, store }: SliderInputProps) {
  const { id, label, title, levels, value, shown, turned, turn } = slider;
  // What cannot move is no slider.
  if (levels.length < 2) {
    return (
      <div className="dial" title={title}>
        <span>{label}</span>
        <span>its only level</span>
        <output id={id}>{shown(value)}</output>
      </div>
    );
  }
  return (
    <div className={turned ? 'dial turned' : 'dial'} title={title}>
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={levels.length - 1}
        step={1}
        value={placeOf(slider)}
        aria-valuetext={shown(value)}
        onInput={({ currentTarget }) => {
          const level = levels[currentTarget.valueAsNumber];
          if (level !== undefined) store.change((draft) => turn(draft, level), id);
        }}
        onChange={store.settle}
      />
      <output for={id}>{shown(value)}</output>
    </div>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly onChoose: (value: string) => void;
}

export function Choice({ id, label, value, options, onChoose }: ChoiceProps) {
  const all = options.some((option) => option.value === value)
    ? options
    : [{ value, text: value }, ...options];
  return (
    <div className="choice">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {all.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Button({
  onPress,
  disabled = false,
  title,
  children,
}: {
  readonly onPress: () => void;
  readonly disabled?: boolean;
  readonly title?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <button type="button" disabled={disabled} title={title} onClick={onPress}>
      {children}
    </button>
  );
}
