// Designs as the files that `compare --on` and `sweep` read.

import { Document } from 'yaml';
import { inUnit, numberAt, toSi, valueAt } from '../../hw-models/dials.js';
import { units } from '../../hw-models/units.js';
import type { ExploredDesign } from '../../sim/designs.js';
import { leafChanges } from '../../sim/difference.js';
import { networkOf } from './networks.js';
import type { Offer, OfferedPreset, OwnFile } from './offer.js';
import { type ExplorerState, presetOf } from './state.js';
import type { MeasureName, SweptDial } from './sweep.js';

/** 'eie-64-a' */
export const nameOf = ({ preset }: ExploredDesign, at: number) => `${preset}-${'ab'[at]}`;

/** The name of a design's file: that of its name which every file system takes. */
export const fileOf = (design: ExploredDesign, at: number) =>
  `${nameOf(design, at).replace(/[^\w.-]+/g, '-')}.yaml`;

/** A design as a preset that builds on the one it was turned from. */
export function designYaml(
  design: ExploredDesign,
  at: number,
  offer: Offer,
  precision: ExplorerState['precision'] = null,
): string {
  const preset = presetOf(offer, design);
  const family = offer.presets.filter((other) => other.family === design.family);
  const body: Record<string, unknown> = {};
  for (const { field, after } of leafChanges(preset?.config ?? {}, design.config)) {
    const list = listOf(design.config, field);
    if (list) put(body, list.path.split('.'), list.values);
    else put(body, field.split('.'), entryOf(field, after, family));
  }
  const document = new Document({
    name: nameOf(design, at),
    title: `${preset?.title ?? design.preset}, turned in the explorer`,
    ...(preset ? { extends: preset.extendsAs } : { family: design.family }),
    ...body,
  });
  document.commentBefore = ` zeroskip compare ... --on ${fileOf(design, at)}${design.kernel ? `:${design.kernel}` : ''}${precision === null ? '' : ` --precision ${precision}`}`;
  return document.toString({ lineWidth: 120 });
}

/** The list that a leaf such as 'dataflows.1' stands in: a preset states lists whole. */
function listOf(config: object, field: string) {
  const path = field.split('.').slice(0, -1).join('.');
  const values = valueAt(config, path);
  return Array.isArray(values) ? { path, values } : null;
}

/** A map key after key, made where it is missing. Keys are a config's own. */
function put(
  map: Record<string, unknown>,
  [key, ...rest]: readonly string[],
  value: unknown,
): void {
  if (key === undefined) return;
  if (rest.length === 0) {
    map[key] = value;
    return;
  }
  const inner: Record<string, unknown> = {};
  const found = map[key];
  if (typeof found === 'object') Object.assign(inner, found);
  put(inner, rest, value);
  map[key] = inner;
}

function entryOf(path: string, value: unknown, family: readonly OfferedPreset[]): unknown {
  if (typeof value !== 'number') return value;
  return { ...told(path, value, family), from: 'estimate', cite: 'turned in the explorer' };
}

/**
 * A number in the unit in which the family's presets tell it, unless it is not the same there to
 * the last bit.
 */
function told(path: string, value: number, family: readonly OfferedPreset[]) {
  const [unit = 'count'] = [
    ...family.flatMap(({ dials }) =>
      dials.flatMap((dial) => (dial.path === path ? [dial.unit] : [])),
    ),
    ...family.flatMap((preset) => preset.units[path] ?? []),
  ];
  const shown = inUnit(value, unit);
  const [factor, si] = units[unit] ?? [1, unit];
  return shown * factor === value ? { value: shown, unit } : { value, unit: si };
}

/** What a sweep varies, and what is to be small. */
export interface SweepChoice {
  readonly dials: readonly SweptDial[];
  readonly objectives: readonly MeasureName[];
}

/**
 * A sweep of the designs on their network: as chosen, of A alone; or over the dials that were
 * turned, or the first ones.
 */
export function sweepYaml(state: ExplorerState, offer: Offer, choice?: SweepChoice): string {
  const { workload, batch, seed, weightDensity, activationDensity, precision } = state;
  const designs = choice ? [state.designs[0]] : state.designs;
  const [first] = state.designs;
  const isOneFamily = designs.every(({ family }) => family === first.family);
  const axes = (choice?.dials ?? turnedDials(state, offer)).map(({ path, unit, levels }) => [
    path,
    toSi(1, unit) === 1 ? levels : { unit, values: levels },
  ]);
  const fixed = Object.entries({ weightDensity, activationDensity }).flatMap(([name, density]) =>
    density === null ? [] : [[`workload.${name}`, [density]]],
  );
  const document = new Document({
    name: `${first.preset.replace(/[^\w.-]+/g, '-').slice(0, 80)}-explored`,
    hardware: designs.map(
      (design, at) => `${fileOf(design, at)}${design.kernel ? `:${design.kernel}` : ''}`,
    ),
    workloads: workloadEntry(networkOf(offer, workload).offered?.own, workload),
    batch,
    seed,
    ...(precision === null ? {} : { precision }),
    axes: Object.fromEntries([...(isOneFamily ? axes : []), ...fixed]),
    objectives: choice?.objectives ?? ['seconds', 'joules', 'area_mm2'],
  });
  document.commentBefore = ` zeroskip sweep ${SWEEP_FILE}, beside ${designs.map(fileOf).join(' and ')}`;
  return document.toString({ lineWidth: 120 });
}

/** A network as a sweep's file names it. */
function workloadEntry(own: OwnFile | undefined, name: string) {
  if (!own) return name;
  const isOpen = Object.keys(own.dims).length > 0;
  return isOpen ? [{ name: own.file, dims: own.dims }] : own.file;
}

/** The dials that were turned, or the first ones, at their levels and where the designs have them. */
function turnedDials({ designs }: ExplorerState, offer: Offer): SweepChoice['dials'] {
  const preset = presetOf(offer, designs[0]);
  const dials = preset?.dials ?? [];
  const turned = dials.filter(({ path }) =>
    designs.some(({ config }) => numberAt(config, path) !== numberAt(preset?.config ?? {}, path)),
  );
  return (turned.length > 0 ? turned : dials.slice(0, 2)).map((dial) => {
    const here = designs
      .flatMap(({ config }) => numberAt(config, dial.path) ?? [])
      .map((value) => inUnit(value, dial.unit));
    const levels = [...new Set([...dial.levels, ...here])].sort((a, b) => a - b);
    return { ...dial, levels };
  });
}

export const SWEEP_FILE = 'sweep.yaml';
