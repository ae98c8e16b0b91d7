// Lists the fitted numbers of each preset. The same search finds them again for every device
// (search.ts).

/** A number of a preset, by its path, and where it is looked for. */
export interface Efficiency {
  readonly number: string;
  readonly range: readonly [min: number, max: number];
}

export interface FittedDevice {
  readonly device: string;
  /** On the device's 36 times in EIE's Table IV. */
  readonly efficiencies: readonly Efficiency[];
  /** On its 24 powers in Deep Compression's Table 9. Power is linear in them. */
  readonly powers: readonly [string, string, string];
}

const gpu = {
  efficiencies: [
    { number: 'launchSeconds', range: [1e-6, 1e-4] },
    { number: 'dram.efficiency', range: [0.3, 1] },
    { number: 'sm.gatherSectorsPerCycle', range: [0.2, 4] },
    { number: 'gemmEfficiency', range: [0.02, 1] },
    { number: 'overlapExponent', range: [1, 8] },
  ],
  powers: ['energy.instructionJoules', 'energy.gatherSectorJoules', 'energy.activeWatts'],
} as const;

export const fittedDevices: readonly FittedDevice[] = [
  {
    device: 'i7-5930k',
    efficiencies: [
      { number: 'dense.streamShare', range: [0.01, 1] },
      { number: 'dense.gemmEfficiency', range: [0.01, 1] },
      { number: 'sparse.cyclesPerNonzero', range: [0.1, 100] },
      { number: 'sparse.spmmEfficiency', range: [0.001, 1] },
    ],
    powers: ['energy.instruction', 'energy.core', 'energy.idle'],
  },
  { device: 'titan-x', ...gpu },
  { device: 'tegra-k1', ...gpu },
];
