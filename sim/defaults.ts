// The default workloads and devices of a comparison.

/** The paper's baseline and accelerator, beside devices of today and this machine. */
export const DEFAULT_HARDWARE = [
  'i7-5930k:dense',
  'i7-5930k:sparse',
  'eie-64',
  'emerald-rapids',
  'cortex-a76',
  'tesla-t4',
  'edge-tpu',
  'host:tfjs',
  'host:auto',
] as const;

export const DEFAULT_WORKLOADS = ['eie-benchmark', 'squeezenet-1.0'] as const;
