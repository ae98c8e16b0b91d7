// How drawings are lit: one hue for time and use, one for energy, brighter where there is more.

import { color } from '../charts/palette.js';

export const heatHue = (of: 'time' | 'energy') => color(of === 'time' ? 'accent' : 'alert');

/** The brightest: text on it stays readable in both themes. */
const BRIGHTEST = 0.55;
const DARKEST = 0.04;

/** Opacity of a share from 0 to 1; nothing where it is not known. */
export const heatOpacity = (share: number | null) =>
  share === null ? 0 : DARKEST + (BRIGHTEST - DARKEST) * Math.min(1, share);
