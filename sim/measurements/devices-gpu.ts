// Graphics processors that tables of measurements name, and the kernels that their words ask for.

import { because, type Context, type DeviceRule, type Placed, type Unplaced } from './placing.js';

const known: readonly (readonly [RegExp, string])[] = [
  [/titan x \(maxwell\)|titan x maxwell/, 'titan-x'],
  [/tegra k1/, 'tegra-k1'],
  [/\bt4\b/, 'tesla-t4'],
  [/\ba10g\b/, 'a10g'],
  [/\bh100 sxm/, 'h100-sxm'],
];

const gpus: readonly DeviceRule[] = known.map(([device, hardware]) => ({
  device,
  place: (context) => placeOn(hardware, context),
}));

function placeOn(hardware: string, context: Context): Placed | Unplaced {
  const kernel = kernelOf(context);
  return typeof kernel === 'string' ? { hardware, kernel } : kernel;
}

function kernelOf({ work, precision, vulkan }: Context): string | Unplaced {
  if (vulkan) return because('Vulkan shaders of ncnn: no model of them here');
  if (work.kind === 'sparse') {
    return precision === 'fp32' ? 'sparse' : because('sparse kernels are modelled in fp32 alone');
  }
  if (work.kind === 'structured') return 'structured';
  switch (precision) {
    case 'fp32':
      return 'dense';
    case 'fp16 tensor':
      return 'tensor';
    case 'fp16':
      return 'tensor';
    case 'int8':
      return 'tensor-int8';
    case 'fp8':
    case 'weights of 8 bits':
    case 'weights of 4 bits':
      return because(`${precision} are not modelled on this device`);
    case 'default':
      return because('what a runtime chose by default is not known');
  }
}

export const gpuDevices = gpus;
