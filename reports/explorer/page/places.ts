// Places of designs in the plane of time and energy.

import type { DesignOutcome } from '../outcome.js';

/** A design in the plane of time and energy. */
export interface Place {
  readonly kind: 'design' | 'preset' | 'paper' | 'trail';
  readonly label: string;
  readonly letter: string;
  readonly seconds: number;
  readonly joules: number;
}

/** Where designs, their presets and the paper lie, as far as their energy is known. */
export function placesOf(outcomes: readonly DesignOutcome[]): readonly Place[] {
  const places = outcomes.flatMap(({ design, row, before, published }, at) => {
    const letter = 'AB'[at] ?? '';
    const place = (
      kind: Place['kind'],
      label: string,
      point: { seconds: number; joules: number | null } | null,
    ) =>
      point && point.joules !== null
        ? [{ kind, label, letter, seconds: point.seconds, joules: point.joules }]
        : [];
    return [
      ...place('preset', `${letter}'s preset ${design.preset}`, before),
      ...place('paper', `${design.preset} in the paper`, published),
      ...place('design', letter, row),
    ];
  });
  // Designs lie on top.
  return places.sort((a, b) => Number(a.kind === 'design') - Number(b.kind === 'design'));
}
