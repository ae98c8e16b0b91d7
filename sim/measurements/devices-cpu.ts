// Processors that tables of measurements name.

import type { Patch } from 'immer';
import { because, type Context, type DeviceRule, type Placed, type Precision } from './placing.js';

interface Processor {
  readonly device: RegExp;
  readonly hardware: string;
  /** What a library computes in that is told nothing; fp32 where left out. */
  readonly unasked?: 'fp16';
  /** Other than its text says, and why. */
  readonly instead?: (context: Context) => Partial<Pick<Processor, 'hardware'>> & {
    readonly patches?: readonly Patch[];
    readonly precision?: 'fp32';
    readonly note?: string;
  };
  /** More threads than the preset has cores of this kind. */
  readonly maxThreads: number;
}

/** Line of the source at which a row stands: some sources give two tables of one device. */
function lineOf({ row }: Context): number {
  return Number(/line (\d+)/.exec(row.where)?.[1] ?? Number.NaN);
}

/** Threads by the device's text, or by the place in the source. */
function threadsOf({ threads, row }: Context): number | null {
  const told = /\b(\d{1,3}) threads?\b/.exec(row.where)?.[1];
  return threads ?? (told === undefined ? null : Number(told));
}

const AVX2_LINE = 'the second, slower table of this source: vectors of 256 bits, by its ratios';

/** Vectors of 256 bits: half of AVX-512's registers and rates. */
const avx2: readonly Patch[] = [
  { op: 'replace', path: ['simd', 'width'], value: 256 },
  { op: 'replace', path: ['simd', 'registers'], value: 16 },
  { op: 'replace', path: ['sparse', 'spmmWidth'], value: 256 },
  { op: 'replace', path: ['rates'], value: { int8: 64 } },
];

/** Efficiencies are those of AVX2 processors there (the epyc-7742 preset's). */
const avx2Library: readonly Patch[] = [
  { op: 'replace', path: ['dense', 'gemmEfficiency'], value: 0.57 },
  { op: 'replace', path: ['dense', 'winogradEfficiency'], value: 0.55 },
  { op: 'replace', path: ['dense', 'directEfficiency'], value: 0.4 },
  { op: 'replace', path: ['dense', 'int8Efficiency'], value: 0.5 },
];

const processors: readonly Processor[] = [
  { device: /raspberry pi 5/, hardware: 'cortex-a76', unasked: 'fp16', maxThreads: 4 },
  { device: /raspberry pi 4/, hardware: 'cortex-a72', unasked: 'fp16', maxThreads: 4 },
  {
    device: /rk3588/,
    hardware: 'rk3588',
    maxThreads: 4,
    instead: (context) => ({
      hardware: lineOf(context) >= 2760 ? 'cortex-a55' : 'rk3588',
      note: 'fp32, by its times: the same core is twice as fast in half floats elsewhere',
    }),
  },
  { device: /m1, 2020/, hardware: 'apple-m1', unasked: 'fp16', maxThreads: 4 },
  { device: /snapdragon 8 gen 2/, hardware: 'snapdragon-8-gen-2', unasked: 'fp16', maxThreads: 4 },
  { device: /dimensity 9300/, hardware: 'dimensity-9300', unasked: 'fp16', maxThreads: 4 },
  { device: /d64ps v6/, hardware: 'cobalt-100', unasked: 'fp16', maxThreads: 64 },
  {
    device: /d64s v6/,
    hardware: 'emerald-rapids',
    maxThreads: 32,
    instead: (context) =>
      lineOf(context) >= 10_300 ? { patches: [...avx2, ...avx2Library], note: AVX2_LINE } : {},
  },
  {
    device: /d64as v7/,
    hardware: 'epyc-zen5',
    maxThreads: 32,
    instead: (context) =>
      lineOf(context) >= 10_900 ? { patches: [...avx2, ...avx2Library], note: AVX2_LINE } : {},
  },
  { device: /epyc 7742/, hardware: 'epyc-7742', maxThreads: 64 },
  {
    device: /xeon 8124m x8/,
    hardware: 'xeon-platinum-8375c',
    maxThreads: 8,
    instead: () => ({
      patches: [...avx2, ...avx2Library],
      note: 'the generation before the preset; ncnn of its time had no AVX-512',
    }),
  },
  { device: /stm32h7a3/, hardware: 'cortex-m7', maxThreads: 1 },
];

export const cpuDevices: readonly DeviceRule[] = processors.map((processor) => ({
  device: processor.device,
  place: (context) => placeOn(processor, context),
}));

function placeOn(processor: Processor, context: Context): ReturnType<DeviceRule['place']> {
  const { vulkan, precision, work, row } = context;
  const threads = threadsOf(context);
  if (vulkan) return because("the chip's GPU has no preset");
  if (precision === 'fp16 tensor') return because('no processor has tensor cores');
  const onDimensity = /dimensity/i.test(row.device);
  if (onDimensity && threads === 4 && lineOf(context) >= 8970)
    return because('four small cores, which no preset stands for');
  const used = threads ?? (processor.maxThreads === 32 ? 16 : processor.maxThreads);
  if (used > processor.maxThreads && !(processor.maxThreads === 32 && used === 64))
    return because('threads on small cores, which the preset does not have');
  if (used > processor.maxThreads) return because('two threads a core: not modelled');
  const { hardware = processor.hardware, patches = [], note } = processor.instead?.(context) ?? {};
  const kernels = kernelsOf(precision, processor.unasked);
  const placed: Placed = {
    ...{ hardware, kernel: undefined, kernels },
    patches: [...patches, { op: 'replace', path: ['dense', 'cores'], value: used }],
  };
  const told = note ?? work.runtime;
  return told ? { ...placed, note: told } : placed;
}

function kernelsOf(precision: Precision, unasked: 'fp16' | undefined): readonly string[] {
  if (precision === 'int8') return ['dense-int8'];
  if (precision === 'weights of 8 bits') return ['dense-w8'];
  if (precision === 'weights of 4 bits') return ['dense-w4'];
  const half = precision === 'fp16' || (precision === 'default' && unasked === 'fp16');
  return half ? ['dense-fp16', 'winograd-fp16'] : ['dense', 'winograd'];
}
