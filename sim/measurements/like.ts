// Decides which measurements can be compared with a device's model. Measurements with framework
// overhead, other algorithms or other silicon are excluded, each with its reason.

import type { Context } from './placing.js';

interface Rule {
  readonly unlike: (context: Context) => boolean;
  readonly reason: string;
}

const rules: readonly Rule[] = [
  {
    unlike: ({ work }) => /im2col|\bnn\.SpatialConvolutionMM|native/i.test(work.runtime),
    reason: 'unfolds images to memory, one at a time: not what libraries do',
  },
  {
    unlike: ({ work, row }) => /eager/i.test(work.runtime) && Number(row.batch) <= 8,
    reason: "at small batches a framework's dispatch of each kernel is what takes the time",
  },
  {
    unlike: ({ row }) => /roboflow/i.test(row.source),
    reason: 'rates of a serving library, which prepares and copies each picture',
  },
  {
    unlike: ({ work }) => /ONNX$/.test(work.runtime),
    reason: 'the runtime, its precision and its share of the time are not told',
  },
  {
    unlike: ({ work }) => /fbfft/i.test(work.runtime),
    reason: 'a research library of Fourier transforms, not what vendors ship',
  },
  {
    unlike: ({ work }) => /cuDNN R[12]\b/i.test(work.runtime),
    reason: 'kernels written for the generation before this device',
  },
  {
    unlike: ({ row, work, precision }) =>
      work.kind === 'GEMM' && precision === 'int8' && /DeepBench/.test(row.source),
    reason: '8-bit GEMM that did not run on the tensor cores: the same 22 to 24 TOPS at any size',
  },
  {
    unlike: ({ row }) => /LLMCompass/.test(row.source) && (row.measured?.value ?? 1) < 1e-4,
    reason: "a third or more of it is the framework's call, about 30 µs",
  },
  {
    unlike: ({ vulkan, precision }) => vulkan && precision === 'int8',
    reason: 'ncnn has no 8-bit shaders: these layers run on the CPU',
  },
  {
    unlike: ({ vulkan }) => vulkan,
    reason:
      "shaders of ncnn over Vulkan, dispatched one by one: the models are of vendors' libraries",
  },
];

/** Why a measurement is not like a model of the hardware; null where it is. */
export function unlikeReason(context: Context): string | null {
  return rules.find(({ unlike }) => unlike(context))?.reason ?? null;
}
