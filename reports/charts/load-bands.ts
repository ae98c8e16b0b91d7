/**
 * Viridis in six steps: ascends in lightness, readable on light and dark. Finest where
 * well-balanced designs lie.
 */
export const bands = [
  { from: 0.95, name: '95 % or more', color: '#fde725' },
  { from: 0.9, name: '90–95 %', color: '#7ad151' },
  { from: 0.8, name: '80–90 %', color: '#22a884' },
  { from: 0.65, name: '65–80 %', color: '#2a788e' },
  { from: 0.5, name: '50–65 %', color: '#414487' },
  { from: 0, name: 'under 50 %', color: '#440154' },
] as const;

/** The band of a share from 0 to 1. */
export const bandOf = (share: number) => bands.find(({ from }) => share >= from) ?? bands[5];
