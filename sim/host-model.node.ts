// The CPU model of the machine underneath, from what the operating system says of it.

import { bind } from '../hw-models/bind.js';
import type { Hardware } from '../hw-models/contract.js';
import { cpu } from '../hw-models/cpu/index.js';
import { machinePreset } from '../hw-models/cpu/machine.js';
import { readMachine } from '../hw-models/host/machine.node.js';

/** `host` itself is measured; its model goes by this name. */
export const HOST_MODEL = 'host-model';

/** The model of this machine. Its memory bandwidth is an estimate: nothing is measured here. */
export function hostModel(): Hardware {
  return bind(cpu, machinePreset(readMachine()));
}
