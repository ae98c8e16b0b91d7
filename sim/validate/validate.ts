// Every published figure beside the model's, and how far off each table is.

import { geometricMean, median, quantile } from 'simple-statistics';
import type { Figure, Hardware } from '../../hw-models/contract.js';
import { type Progress, silent } from '../progress.js';
import { acceleratorClaims } from './accelerators.js';
import type { Basis, Claim, Tables } from './claims.js';
import { operationClaims, peClaims, platformClaims, precisionClaims, workClaims } from './eie.js';
import { fittedDevices } from './fit/devices.js';
import { heldOutLab, type Refit, refit as refitDevice } from './fit/refit.js';
import { otherHeadlineClaims } from './headlines.js';
import { createLab, type Lab } from './lab.js';
import { prunedWorkClaims } from './pruned.js';
import { figureClaims, headlineRatioClaims } from './ratios.js';
import { spatialClaims } from './spatial.js';
import { trendClaims } from './trends.js';
import { powerClaims, wallclockClaims } from './wallclock.js';

export interface ValidationRequest {
  readonly load: (name: string) => Hardware;
  readonly tables: Tables;
  readonly seed: number;
  /**
   * Fit every device again, whole and without each layer: what was fitted then has an error as a
   * prediction too.
   */
  readonly refit?: boolean;
  readonly progress?: Progress;
}

/** How far off the modelled figures of one table are, for one device and basis. */
export interface Summary {
  readonly table: string;
  readonly device: string;
  readonly basis: Basis;
  readonly figures: number;
  readonly medianAbsoluteError: number;
  readonly percentile90AbsoluteError: number;
  /**
   * Median absolute error of fits that did not see the figure's layer; null where there was none.
   */
  readonly medianHeldOutError: number | null;
  /** Geometric mean of modelled / published; null where a figure is 0. */
  readonly geomeanRatio: number | null;
  readonly worst: Claim;
}

/** A number of a preset that was fitted, with what on. */
export interface FittedNumber {
  readonly hardware: string;
  readonly number: string;
  readonly figure: Figure;
  /**
   * What the fit finds now, in the figure's unit; null where it was chosen by hand or the fit not
   * repeated.
   */
  readonly refitted: number | null;
}

export interface Validation {
  readonly seed: number;
  readonly fitted: readonly FittedNumber[];
  readonly claims: readonly Claim[];
  readonly summaries: readonly Summary[];
}

/** Evaluates every claim. Deterministic for a seed. */
export function validate({
  load,
  tables,
  seed,
  refit = false,
  progress = silent,
}: ValidationRequest): Validation {
  const lab = createLab(load, seed);
  const parts: readonly (readonly [string, () => readonly Claim[]])[] = [
    ['operations', () => operationClaims(lab, tables)],
    ['a PE', () => peClaims(lab, tables)],
    ['the work left', () => workClaims(lab, tables)],
    ['wall-clock times, powers and ratios', () => platformsClaims(lab, tables)],
    ['other headlines', () => otherHeadlineClaims(lab, tables)],
    ['described accelerators', () => spatialClaims(lab, tables)],
    ['figures 8 to 13', () => trendClaims(lab)],
    ['precision', () => precisionClaims(tables)],
    ['pruned networks', () => prunedWorkClaims(lab, tables)],
    ['other accelerators', () => acceleratorClaims(lab, tables)],
  ];
  const steps = parts.length + (refit ? fittedDevices.length : 0);
  const found = parts.flatMap(([what, make], at) => {
    progress(`validating ${what}`, at / steps);
    return make();
  });
  const refits = (refit ? fittedDevices : []).map((fitted, at) => {
    progress(`fitting ${fitted.device} without each layer`, (parts.length + at) / steps);
    return refitDevice(lab, tables, fitted);
  });
  const heldOut = new Map(
    (refit ? platformsClaims(heldOutLab(lab, refits), tables) : []).map((claim) => [
      keyOf(claim),
      claim.error,
    ]),
  );
  const claims = found.map((claim) => ({
    ...claim,
    heldOutError: claim.basis === 'fitted' ? (heldOut.get(keyOf(claim)) ?? null) : null,
  }));
  const fitted = devices.flatMap((name) => fittedNumbers(lab.hardware(name), refits));
  return { seed, claims, summaries: summarizeClaims(claims), fitted };
}

/** What the devices fitted to Table IV and to Table 9 do, and all that follows of it. */
function platformsClaims(lab: Lab, tables: Tables): readonly Claim[] {
  return [wallclockClaims, platformClaims, powerClaims, figureClaims, headlineRatioClaims].flatMap(
    (make) => make(lab, tables),
  );
}

const keyOf = ({ table, claim }: Claim) => `${table}|${claim}`;

/** Groups by table, device and basis; claims without a modelled figure have no error to count. */
function summarizeClaims(claims: readonly Claim[]): readonly Summary[] {
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) {
    if (claim.error === null) continue;
    const key = `${claim.table}|${deviceOf(claim)}|${claim.basis}`;
    groups.set(key, [...(groups.get(key) ?? []), claim]);
  }
  return [...groups].map(([key, group]) => {
    const [table = '', device = ''] = key.split('|');
    const errors = group.map(({ error }) => Math.abs(error ?? Number.NaN));
    const heldOut = group.flatMap(({ heldOutError: error }) =>
      error === null ? [] : [Math.abs(error)],
    );
    const ratios = group.map(({ modelled, published }) => (modelled ?? 0) / published);
    return {
      ...{ table, device, basis: (group[0] as Claim).basis, figures: group.length },
      medianAbsoluteError: median(errors),
      percentile90AbsoluteError: quantile(errors, 0.9),
      medianHeldOutError: heldOut.length > 0 ? median(heldOut) : null,
      geomeanRatio: ratios.every((ratio) => ratio > 0) ? geometricMean(ratios) : null,
      worst: group[errors.indexOf(Math.max(...errors))] as Claim,
    };
  });
}

function fittedNumbers(
  { name, figures }: Hardware,
  refits: readonly Refit[],
): readonly FittedNumber[] {
  const values = refits.find(({ device }) => device === name)?.values;
  const fitted = [...figures].filter(([, figure]) => figure.from === 'fitted');
  return fitted.map(([number, figure]) => ({
    hardware: name,
    number,
    figure,
    refitted: values?.get(number) ?? null,
  }));
}

const devices = [
  ...['i7-5930k', 'titan-x', 'tegra-k1', 'eie-64', 'edge-tpu', 'scnn'],
  ...['dual-side-sparse-tensor-core', 'eyeriss-v2-pe', 'eyeriss'],
] as const;

/** The device that a claim begins with, which tables are told apart by; '' where none is named. */
export function deviceOf({ claim }: Claim): string {
  const named = (device: string) =>
    claim.startsWith(device) && !/^[\w-]/.test(claim.slice(device.length));
  return devices.find(named) ?? '';
}
