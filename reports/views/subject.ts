import type { OfDevice } from '../../sim/result.js';

/** 'a, b and c', or 'a, b and 4 more' where there are more than `max`. */
export function listed(names: readonly string[], max = 3): string {
  const all = [...new Set(names)];
  const shown = all.length > max ? all.slice(0, max - 1) : all.slice(0, -1);
  const last = all.length > max ? `${all.length - shown.length} more` : all.at(-1);
  return shown.length > 0 ? `${shown.join(', ')} and ${last}` : (last ?? '');
}

/** The name that a device was asked for by, in JSON, where it is not the preset's. */
export const askedAs = (calledAs: string | undefined) =>
  calledAs === undefined ? {} : { asked_as: calledAs };

/** 'raspberry-pi-5 is the preset cortex-a76': what else the devices are called that were asked for. */
export function otherNameLines(devices: readonly OfDevice[]): readonly string[] {
  const named = devices.flatMap(({ hardware, calledAs }) =>
    calledAs === undefined ? [] : [`${calledAs} is the preset ${hardware}`],
  );
  return named.length > 0 ? [[...new Set(named)].join(', ')] : [];
}
