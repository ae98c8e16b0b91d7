// Sums up a comparison in one to three sentences.

import type { Skipping, Standing, Verdict } from '../../sim/verdict.js';
import { ratio, wholePercent } from '../quantity.js';

/** Ratios within this of 1 are told as none. */
const EVEN = 0.03;

/** Sentences on one workload or group; empty where there is nothing to compare. */
export function verdictText(verdict: Verdict): string {
  const sentences = [standingText(verdict), skippingText(verdict.skipping)];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function standingText({ baseline, standings, fastest, thriftiest }: Verdict): string {
  const others = standings.filter((standing) => standing !== baseline);
  if (others.length === 0) return '';
  if (!fastest || fastest === baseline) {
    const measured = others.filter(({ origin }) => origin === 'measured');
    const best = [...(fastest ? others : measured)].sort((a, b) => b.speedup - a.speedup)[0];
    const next = best ? `; the next, ${best.label}, takes ${ratio(1 / best.speedup)} the time` : '';
    if (!fastest) return best ? `${best.label} is ${speedText(best)} ${baseline.label}.` : '';
    return `${baseline.label} is the fastest model${next}.${thriftText(thriftiest, baseline)}`;
  }
  const energy =
    fastest === thriftiest && fastest.energyRatio !== null
      ? ` and takes ${energyText(fastest.energyRatio)}`
      : '';
  const error = errorText([baseline, fastest]);
  const start = `${fastest.label} is ${speedText(fastest)} ${baseline.label}${error}${energy}.`;
  return energy === '' ? start + thriftText(thriftiest, baseline) : start;
}

/** How sure a ratio of two devices' times is: by the less certain of their models. */
function errorText(devices: readonly Standing[]): string {
  const modelled = devices.filter(({ origin }) => origin === 'modelled');
  const errors = modelled.map(({ knownError }) => knownError);
  if (errors.some((error) => error === null)) return '';
  return ` (known error ±${wholePercent(Math.max(...errors.map(Number)))})`;
}

function thriftText(thriftiest: Standing | null, baseline: Standing): string {
  const saved = thriftiest?.energyRatio ?? null;
  if (!thriftiest || saved === null || thriftiest === baseline) return '';
  return ` ${thriftiest.label} takes ${energyText(saved)}, the least.`;
}

function speedText({ speedup }: Standing): string {
  if (Math.abs(speedup - 1) < EVEN) return 'as fast as';
  return speedup > 1 ? `${ratio(speedup)} faster than` : `${ratio(1 / speedup)} slower than`;
}

function energyText(saved: number): string {
  if (Math.abs(saved - 1) < EVEN) return 'as much energy';
  return saved > 1 ? `${ratio(saved)} less energy` : `${ratio(1 / saved)} more energy`;
}

function skippingText(all: readonly Skipping[]): string {
  if (all.length === 0) return '';
  const pays = all.filter(({ worth }) => worth > 1 + EVEN);
  const not = all.filter(({ worth }) => worth <= 1 + EVEN);
  const where = ({ hardware }: Skipping) => (hardware === 'host' ? 'this CPU' : hardware);
  const listed = (items: readonly string[]) =>
    items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
  const bought = pays.map((each) => `${ratio(each.worth)} on ${where(each)}`);
  const first = bought.length > 0 ? `Skipping zeros is worth ${listed(bought)}` : '';
  const lost = not.map(where);
  if (lost.length === 0) return `${first}.`;
  const none = `${first === '' ? 'Skipping zeros' : '; it'} buys nothing on ${listed(lost)}.`;
  return `${first}${none}`;
}
