// Accelergy's reference tables (Wu, Emer and Sze, ICCAD 2019), which Timeloop reads and writes:
// energy of each action of each component in pJ (ERT, and ERT_summary), area of each component in
// µm² (ART).
// Versions 0.2 to 0.4 of the files.

import { stringify } from 'yaml';
import { z } from 'zod';
import { InputError } from '../workloads/base/errors.js';
import { readYaml } from '../workloads/formats/yaml/document.js';
import type { EnergyEvent, Hardware, Parts } from './contract.js';
import { faultsIn, faultText, nearest } from './faults.js';

/**
 * One action of one component: the largest energy where a table has several, by arguments, as
 * Timeloop takes it.
 */
export interface TableEntry {
  readonly component: string;
  readonly action: string;
  readonly joules: number;
  readonly variants: number;
}

const Ert = z.object({
  ERT: z.object({
    tables: z
      .array(
        z.object({
          name: z.string().min(1),
          actions: z.array(z.object({ name: z.string().min(1), energy: z.number().min(0) })),
        }),
      )
      .max(100_000),
  }),
});

/** What Accelergy writes beside it: several energies of an action as their extremes. */
const Summary = z.object({
  ERT_summary: z.object({
    table_summary: z
      .array(
        z.object({
          name: z.string().min(1),
          actions: z.array(
            z.object({
              name: z.string().min(1),
              energy: z.number().min(0).optional(),
              max_energy: z.number().min(0).optional(),
            }),
          ),
        }),
      )
      .max(100_000),
  }),
});

const VERSION = '0.4';
const PICO = 1e-12;
const MM2_TO_UM2 = 1e6;

/** Every action of an ERT. @throws InputError, one line a fault, for anything else. */
export function readEnergyTable(text: string, file: string): readonly TableEntry[] {
  const yaml = readYaml(text, file);
  const summary = Summary.safeParse(yaml.value);
  if (summary.success) {
    return summary.data.ERT_summary.table_summary.flatMap(({ name, actions }) =>
      actions.map(({ name: action, energy, max_energy }) => ({
        ...{ component: name, action, variants: 1 },
        joules: (energy ?? max_energy ?? 0) * PICO,
      })),
    );
  }
  const parsed = Ert.safeParse(yaml.value);
  if (!parsed.success) {
    const [fault] = faultsIn(parsed.error, yaml.value, Ert);
    const place = yaml.place(fault?.path ?? []);
    throw new InputError(
      `${place}: ${fault ? faultText(fault) : 'found no ERT'}: no energy reference table of Accelergy`,
    );
  }
  const entries = new Map<string, TableEntry>();
  for (const { name, actions } of parsed.data.ERT.tables) {
    for (const { name: action, energy } of actions) {
      const key = `${name}.${action}`;
      const { joules = 0, variants = 0 } = entries.get(key) ?? {};
      entries.set(key, {
        component: name,
        action,
        joules: Math.max(joules, energy * PICO),
        variants: variants + 1,
      });
    }
  }
  return [...entries.values()];
}

/** Which action of a table replaces which event, in so many of which an action consists. */
export interface Replacement {
  /** The end of an event's path: 'wordRead'. */
  readonly event: string;
  /** The end of a component's name with the action: 'glb.read'. */
  readonly action: string;
  readonly divisor: number;
}

/**
 * 'wordRead=glb.read' or, where the action handles 64 of them, 'l2Byte=l2.read/64'. @throws
 * InputError
 */
export function parseReplacement(text: string): Replacement {
  const [, event, action, divisor = '1'] =
    /^([\w.]+)=([^=/]+)(?:\/(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (event === undefined || action === undefined || !(Number(divisor) > 0)) {
    throw new InputError(
      `found '${text}', expected EVENT=COMPONENT.ACTION or EVENT=COMPONENT.ACTION/NUMBER`,
    );
  }
  return { event, action, divisor: Number(divisor) };
}

/**
 * A preset that extends `base` with the table's energies. Without replacements, actions and
 * components named as the hardware's own events replace them. @throws InputError for an event or
 * action that is not there, or none at all.
 */
export function presetWithEnergies(
  hardware: Hardware,
  base: string,
  table: readonly TableEntry[],
  replacements: readonly Replacement[],
  file: string,
): string {
  const chosen = replacements.length > 0 ? replacements : ownNames(hardware.events, table);
  if (chosen.length === 0) {
    const events = hardware.events.map(
      (event) => `${nameOf(event)}=${event.component}.${event.action}`,
    );
    throw new InputError(
      `${file}: no action is named as an event of ${hardware.name}; expected a map of ${events.join(', ')}`,
    );
  }
  const body: Record<string, unknown> = {};
  for (const { event, action, divisor } of chosen) {
    const { path } = eventNamed(event, hardware);
    const entry = actionNamed(action, table, file);
    const whole = divisor === 1 ? '' : `, over the ${divisor} that an action consists of`;
    const largest = entry.variants > 1 ? `, the largest of ${entry.variants}` : '';
    put(body, path.split('.'), {
      value: Number((entry.joules / divisor / PICO).toPrecision(12)),
      unit: 'pJ',
      from: 'estimate',
      cite: `Accelergy, ${file}: ${entry.component}, action ${entry.action}${largest}${whole}`,
    });
  }
  const title = `${hardware.title}, energies of ${file}`;
  return stringify(
    { name: `${hardware.name}-ert`, title, extends: base, ...body },
    { lineWidth: 0 },
  );
}

function ownNames(
  events: readonly EnergyEvent[],
  table: readonly TableEntry[],
): readonly Replacement[] {
  return events
    .map((event) => ({
      event: event.path,
      action: `${event.component}.${event.action}`,
      divisor: 1,
    }))
    .filter(({ action }) => table.some((entry) => matches(entry, action)));
}

const nameOf = ({ path }: EnergyEvent) => path.split('.').at(-1) as string;

function eventNamed(name: string, { events, name: hardware }: Hardware): EnergyEvent {
  const found = events.filter(({ path }) => path === name || path.endsWith(`.${name}`));
  if (found.length === 1 && found[0]) return found[0];
  const known = events.map(nameOf);
  throw new InputError(
    `${hardware} has no single event '${name}'${nearest(name, known)}; expected ${known.join(', ')}`,
  );
}

function actionNamed(name: string, table: readonly TableEntry[], file: string): TableEntry {
  const found = table.filter((entry) => matches(entry, name));
  if (found.length === 1 && found[0]) return found[0];
  const known = table.map((entry) => `${bare(entry.component)}.${entry.action}`);
  if (found.length > 1) {
    const names = found.map((entry) => `${entry.component}.${entry.action}`);
    throw new InputError(
      `${file}: found ${found.length} actions '${name}', expected one of ${names.join(', ')}`,
    );
  }
  throw new InputError(
    `${file}: found no action '${name}'${nearest(name, known)}; expected one of ${known.join(', ')}`,
  );
}

/** Accelergy writes how often a component is there behind its name: 'chip.mac[1..256]'. */
const bare = (component: string) => component.replace(/\[[^\]]*\]/g, '');

function matches({ component, action }: TableEntry, name: string): boolean {
  const whole = `${bare(component)}.${action}`;
  return whole === bare(name) || whole.endsWith(`.${bare(name)}`);
}

function put(
  body: Record<string, unknown>,
  [key = '', ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length === 0) {
    body[key] = value;
    return;
  }
  const inner = (body[key] ?? {}) as Record<string, unknown>;
  body[key] = inner;
  put(inner, rest, value);
}

/**
 * The hardware's events as an ERT, and its area by component as an ART where it is published;
 * `ERT:` and `ART:` keys.
 */
export function writeReferenceTables({ name, events, area }: Hardware): {
  readonly ert: string;
  readonly art: string | null;
} {
  const actions = new Map<string, EnergyEvent[]>();
  for (const event of events)
    actions.set(event.component, [...(actions.get(event.component) ?? []), event]);
  const tables = [...actions].map(([component, all]) => ({
    name: tableName(name, component, all[0]?.instances ?? 1),
    actions: all.map(({ action, joules }) => ({
      name: action,
      arguments: {},
      energy: joules / PICO,
    })),
  }));
  return {
    ert: stringify({ ERT: { version: VERSION, tables } }),
    art: area && stringify({ ART: { version: VERSION, tables: areaTables(name, area, actions) } }),
  };
}

/** Square micrometres of one instance. */
function areaTables(
  hardware: string,
  area: Parts,
  actions: ReadonlyMap<string, readonly EnergyEvent[]>,
) {
  return Object.entries(area).map(([component, mm2]) => {
    const instances = actions.get(component)?.[0]?.instances ?? 1;
    return {
      name: tableName(hardware, component, instances),
      area: (mm2 * MM2_TO_UM2) / instances,
    };
  });
}

const tableName = (hardware: string, component: string, instances: number) =>
  `${hardware.replace(/\W/g, '_')}.${component}[1..${instances}]`;
