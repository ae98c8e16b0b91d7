// What the families' tables of single events have in common.

import type { EnergyEvent } from './contract.js';

/** An event that costs `joules` on one of so many `instances` of a component. */
export const eventOf = (
  path: string,
  component: string,
  action: string,
  instances: number,
  joules: number,
): EnergyEvent => ({ path, component, action, instances, joules });

/** A bit from or to main memory. */
export const dramBit = ({ joulesPerBit }: { readonly joulesPerBit: number }): EnergyEvent =>
  eventOf('dram.joulesPerBit', 'dram', 'access_bit', 1, joulesPerBit);

/** How a family's own events appear in its tables: the part of a layer's joules, and the action. */
export type EventNames<Event extends string> = Readonly<
  Record<Event, readonly [component: string, action: string]>
>;

/** Events that a preset may replace at `eventJoules`, on so many instances each. */
export function derivedEvents<Event extends string>(
  names: EventNames<Event>,
  joules: Readonly<Record<Event, number>>,
  instancesOf: (event: Event, action: string) => number,
): readonly EnergyEvent[] {
  return (Object.keys(names) as Event[]).map((event) => {
    const [component, action] = names[event];
    const instances = instancesOf(event, action);
    return eventOf(`eventJoules.${event}`, component, action, instances, joules[event]);
  });
}
