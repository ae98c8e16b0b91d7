// A state as text for the part of an address behind '#': every number of every design, deflated.

import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { InputError } from '../../workloads/base/errors.js';
import { ExplorerState } from './state.js';

/** Goes up when states change their form. */
const FORM = '1';
/** Characters of a link that is worth unpacking. */
const LONGEST = 20_000;

export function linkOf(state: ExplorerState): string {
  const bytes = deflateSync(strToU8(JSON.stringify(state)), { level: 9 });
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `${FORM}.${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** @throws InputError for what no explorer of this form wrote. */
export function stateOf(link: string): ExplorerState {
  const [, form, text] = /^(\d+)\.([\w-]+)$/.exec(link) ?? [];
  if (form !== FORM || text === undefined || text.length > LONGEST) {
    throw new InputError('link: found something else than a design of this explorer');
  }
  const found = ExplorerState.safeParse(unpacked(text));
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new InputError(`link: ${issue?.path.join('.')}: ${issue?.message}`);
}

function unpacked(text: string): unknown {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(
      strFromU8(inflateSync(Uint8Array.from(binary, (character) => character.charCodeAt(0)))),
    );
  } catch {
    throw new InputError('link: found a link that was cut short or changed');
  }
}
