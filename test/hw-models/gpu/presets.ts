// The shipped presets of GPUs.

import { readFileSync } from 'node:fs';
import type { Preset } from '../../../hw-models/contract.js';
import type { GpuConfig } from '../../../hw-models/gpu/config.js';
import { gpu } from '../../../hw-models/gpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';

/** Every shipped preset of a GPU. */
export const presets = [
  ...['titan-x', 'tegra-k1', 'titan-x-pascal', 'titan-xp', 'gtx-1080-ti', 'v100', 'tesla-t4'],
  ...['a100', 'a100-80gb', 'a100-pcie', 'rtx-3090', 'a10', 'a10g', 'rtx-4090', 'l4', 'h100-sxm'],
  ...['jetson-nano', 'jetson-orin-nano', 'jetson-agx-orin'],
] as const;

export function presetText(name: string): string {
  return readFileSync(
    new URL(`../../../hw-models/gpu/presets/${name}.yaml`, import.meta.url),
    'utf8',
  );
}

export function presetOf(name: string): Preset<GpuConfig> {
  return readPreset(presetText(name), `${name}.yaml`, gpu, (base) => ({
    ...{ text: presetText(base), file: `${base}.yaml` },
  }));
}
