// Graphics processors that tables of measurements name, and the kernels that their words ask for.

import { because, type Context, type DeviceRule, type Placed, type Unplaced } from './placing.js';

const known: readonly (readonly [RegExp, string])[] = [
  [/titan x \(maxwell\)|titan x maxwell/, 'titan-x'],
  [/titan x \(pascal\)|titan x pascal/, 'titan-x-pascal'],
  [/titan xp/, 'titan-xp'],
  [/gtx ?1080 ?ti/, 'gtx-1080-ti'],
  [/\bv100\b/, 'v100'],
  [/tegra k1/, 'tegra-k1'],
  [/\bt4\b/, 'tesla-t4'],
  [/\ba100 pcie/, 'a100-pcie'],
  [/\ba100 80 ?gb/, 'a100-80gb'],
  [/\ba100\b/, 'a100'],
  [/\ba10g\b/, 'a10g'],
  [/\ba10\b/, 'a10'],
  [/\bl4\b/, 'l4'],
  [/\brtx ?3090\b/, 'rtx-3090'],
  [/\brtx ?4090\b/, 'rtx-4090'],
  [/\bh100 sxm/, 'h100-sxm'],
  [/jetson nano\b(?! \/ \d+ threads)/, 'jetson-nano'],
  [/jetson orin nano\b(?! \/ \d+ threads)/, 'jetson-orin-nano'],
  [/jetson agx orin\b(?!.* threads)/, 'jetson-agx-orin'],
];

const gpus: readonly DeviceRule[] = known.map(([device, hardware]) => ({
  device,
  place: (context) => placeOn(hardware, context),
}));

function placeOn(hardware: string, context: Context): Placed | Unplaced {
  const kernel = kernelOf(hardware, context);
  if (typeof kernel !== 'string') return kernel;
  if (isBeforeWinograd(context)) return { hardware, kernel, patches: withoutWinograd };
  return { hardware, kernel, ...(hasPlainIntegers(context) ? { patches: plainIntegers } : {}) };
}

/** cuDNN has Winograd kernels since version 5. */
function isBeforeWinograd({ work }: Context): boolean {
  return /cuDNN (R|v)?[1-4](\.\d)?\b/i.test(work.runtime);
}

const withoutWinograd: NonNullable<Placed['patches']> = [
  { op: 'remove', path: ['convolution', 'winograd'] },
];

/** cuDNN 7's integer kernels for first layers are no faster than its others on lanes. */
function hasPlainIntegers({ row, work, precision }: Context): boolean {
  return work.kind === 'convolution' && precision === 'int8' && /DeepBench/.test(row.source);
}

const plainIntegers: NonNullable<Placed['patches']> = [
  { op: 'remove', path: ['tensor', 'laneRateInt8'] },
];

/** Runtimes that call a library for each layer, and fuse nothing. */
const EAGER = /\bcuDNN\b|eager|Nervana|TensorFlow/i;

/** Without tensor cores, but with two halves at a time on each lane. */
const HALF_LANES = ['jetson-nano'];

function kernelOf(hardware: string, { row, work, precision }: Context): string | Unplaced {
  if (work.kind === 'sparse') {
    return precision === 'fp32' ? 'sparse' : because('sparse kernels are modelled in fp32 alone');
  }
  if (work.kind === 'structured') return 'structured';
  const isEager =
    work.kind === 'network' && (EAGER.test(work.runtime) || /AMP/.test(row.precision));
  switch (precision) {
    case 'fp32':
      return isEager ? 'eager' : (algorithmOf(work) ?? 'dense');
    case 'fp16 tensor':
    case 'fp16':
      if (HALF_LANES.includes(hardware)) return 'half';
      return isEager ? 'eager-half' : 'tensor';
    case 'int8':
      return 'tensor-int8';
    case 'fp8':
      return 'tensor-fp8';
    case 'weights of 8 bits':
      return 'tensor-w8';
    case 'weights of 4 bits':
      return 'tensor-w4';
    case 'default':
      return because('what a runtime chose by default is not known');
  }
}

function algorithmOf(work: Context['work']): string | null {
  return work.kind === 'convolution' ? work.algorithm : null;
}

/** A preset by its name, or one in a YAML file of the user's own. */
const byName: DeviceRule = {
  device: /^[a-z0-9]+(-[a-z0-9.]+)+$|\.ya?ml$/,
  place(context) {
    const { device } = context.row;
    const isFile = /\.ya?ml$/i.test(device);
    if (!isFile && device !== device.toLowerCase()) return because('no preset of this device');
    return placeOn(device, context);
  },
};

export const gpuDevices = [...gpus, byName];
