// The shipped presets of GPUs.

import { readFileSync } from 'node:fs';
import type { Preset } from '../../../hw-models/contract.js';
import type { GpuConfig } from '../../../hw-models/gpu/config.js';
import { gpu } from '../../../hw-models/gpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';

/** Every shipped preset of a GPU. */
export const presets = ['titan-x', 'tegra-k1', 'tesla-t4', 'a10g', 'h100-sxm'] as const;

export function presetText(name: string): string {
  return readFileSync(
    new URL(`../../../hw-models/gpu/presets/${name}.yaml`, import.meta.url),
    'utf8',
  );
}

export function presetOf(name: string): Preset<GpuConfig> {
  return readPreset(presetText(name), `${name}.yaml`, gpu);
}
