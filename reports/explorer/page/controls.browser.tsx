// What can be turned: sliders over levels, and choices.

import type { ComponentChildren } from 'preact';

interface SliderProps {
  readonly id: string;
  readonly label: string;
  /** Where the number comes from. */
  readonly title?: string | undefined;
  readonly levels: readonly number[];
  readonly value: number;
  readonly shown: (level: number) => string;
  /** True where it no longer stands as it began. */
  readonly turned: boolean;
  readonly onTurn: (level: number) => void;
  readonly onSettle: () => void;
}

/** A slider whose every place is a level. A value between levels stands at the nearest one below. */
export function Slider({ id, label, title, levels, value, shown, turned, onTurn, onSettle }: SliderProps) {
  const at = Math.max(
    0,
    levels.findLastIndex((level) => level <= value),
  );
  return (
    <div className={turned ? 'dial turned' : 'dial'} title={title}>
      <label for={id}>{label}</label>
      <output for={id}>{shown(value)}</output>
      <input
        id={id}
        type="range"
        min={0}
        max={levels.length - 1}
        step={1}
        value={at}
        aria-valuetext={shown(value)}
        onInput={({ currentTarget }) => onTurn(levels[currentTarget.valueAsNumber] ?? value)}
        onChange={onSettle}
      />
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
  const all = options.some((option) => option.value === value) ? options : [{ value, text: value }, ...options];
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
