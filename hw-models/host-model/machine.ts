// Makes a preset of this family from what is known of a machine. Everything else comes from another
// machine's preset, as an estimate.

import { Document, visit } from 'yaml';
import type { Figure, Preset, Provenance } from '../contract.js';
import { readPreset } from '../preset.js';
import type { HostConfig } from './config.js';
import { hostModel } from './index.js';

export type InstructionSet = 'sse' | 'avx2' | 'avx512' | 'fma' | 'neon';

/** What an operating system tells; null where it doesn't. */
export interface MachineFacts {
  readonly model: string;
  readonly vendor: string;
  /** Cores that the process may use. */
  readonly cores: number;
  readonly clockHz: number | null;
  /** Data cache of one core. */
  readonly l1Bytes: number | null;
  readonly l2Bytes: number | null;
  /** Shared by the cores; 0 where there is none. */
  readonly l3Bytes: number | null;
  readonly instructionSets: readonly InstructionSet[];
}

/** A number as a preset's file has it, at its place. */
export interface StatedFigure {
  readonly path: string;
  readonly value: number;
  readonly unit: string;
  readonly from: Provenance;
  readonly cite: string;
}

/** `host` itself is measured; its model goes by this name. */
export const HOST_MODEL = 'host-model';

/**
 * The machine as a preset: what it tells of itself, and the rest as `base`, another machine's
 * preset, has it.
 */
export function machinePreset(facts: MachineFacts, base: Preset<HostConfig>): Preset<HostConfig> {
  const borrowed = [...base.figures].map(([path, figure]) =>
    stated(path, figure, estimateOf(figure, base.name)),
  );
  return presetOf(titleOf(facts), override(borrowed, toldBy(facts, base.config)));
}

/** The preset with some numbers replaced. */
export function withFigures(
  preset: Preset<HostConfig>,
  figures: readonly StatedFigure[],
): Preset<HostConfig> {
  const own = [...preset.figures].map(([path, figure]) => stated(path, figure, figure));
  return presetOf(preset.title, override(own, figures));
}

/** The preset as the text of its file. */
export function presetYaml({ title, figures }: Preset<HostConfig>): string {
  return yamlOf(
    title,
    [...figures].map(([path, figure]) => stated(path, figure, figure)),
  );
}

function titleOf({ model, vendor }: MachineFacts): string {
  return `This machine: ${model || vendor || 'unknown processor'}`;
}

function stated(
  path: string,
  { value, unit }: Figure,
  { from, cite }: { readonly from: Provenance; readonly cite: string },
): StatedFigure {
  return { path, value, unit, from, cite };
}

function estimateOf({ from, cite }: Figure, machine: string): { from: Provenance; cite: string } {
  return from === 'measured' || from === 'fitted'
    ? { from: 'estimate', cite: `as measured on ${machine}` }
    : { from, cite };
}

/** Each of `figures` with its replacement, if it has one, in their order; then what is new. */
function override(
  figures: readonly StatedFigure[],
  replacements: readonly StatedFigure[],
): readonly StatedFigure[] {
  const byPath = new Map(replacements.map((figure) => [figure.path, figure]));
  const known = new Set(figures.map(({ path }) => path));
  return [
    ...figures.map((figure) => byPath.get(figure.path) ?? figure),
    ...replacements.filter(({ path }) => !known.has(path)),
  ];
}

/** What the operating system says, where the caches it tells of can be told apart. */
function toldBy(
  { clockHz, l1Bytes, l2Bytes, l3Bytes }: MachineFacts,
  base: HostConfig,
): readonly StatedFigure[] {
  const l1 = l1Bytes ?? base.l1.capacity;
  const l2 = l2Bytes !== null && l2Bytes > l1 ? l2Bytes : Math.max(base.l2.capacity, 8 * l1);
  // Some machines tell of an L3 that is no larger than L2: the model then does without.
  const l3 = l3Bytes !== null && l3Bytes > l2 ? l3Bytes : 0;
  const told = (path: string, known: number | null, value: number, unit: string): StatedFigure => {
    return known === value || (path === 'l3.capacity' && known !== null)
      ? { path, value, unit, from: 'measured', cite: 'read from the operating system' }
      : { path, value, unit, from: 'estimate', cite: 'not told by the operating system' };
  };
  return [
    told('clock', clockHz, clockHz ?? base.clock, 'Hz'),
    told('l1.capacity', l1Bytes, l1, 'B'),
    told('l2.capacity', l2Bytes, l2, 'B'),
    told('l3.capacity', l3Bytes, l3, 'B'),
  ];
}

function presetOf(title: string, figures: readonly StatedFigure[]): Preset<HostConfig> {
  return readPreset(yamlOf(title, figures), HOST_MODEL, hostModel);
}

function yamlOf(title: string, figures: readonly StatedFigure[]): string {
  const document: Record<string, unknown> = { name: HOST_MODEL, title, family: hostModel.name };
  for (const { path, ...figure } of figures) {
    const keys = path.split('.');
    let node = document;
    for (const key of keys.slice(0, -1)) node = childOf(node, key);
    node[keys.at(-1) ?? ''] = figure;
  }
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  // A figure a line.
  visit(yaml, {
    Map: (_, map) => {
      map.flow = map.has('value');
    },
  });
  return yaml.toString({ lineWidth: 0 });
}

function childOf(node: Record<string, unknown>, key: string): Record<string, unknown> {
  const child = node[key];
  if (isRecord(child)) return child;
  const made: Record<string, unknown> = {};
  node[key] = made;
  return made;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
