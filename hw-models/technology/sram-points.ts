// Published energies, leakages and areas of SRAM at 45 nm, as their sources print them.

/** Where a point stands. */
export const sramSources = {
  fakeram45:
    'CACTI 7 at 45 nm (high performance, 300 K, one port), as printed in the fakeram45_*.lib of OpenROAD-flow-scripts; ' +
    "bsg_fakeram copies CACTI's read energy into them as internal power, in fJ, and snaps areas to the grid",
  bitfusion:
    'CACTI 7 at 45 nm (high performance, 360 K, a read and a write port), bitfusion/sram/cacti_sweep.csv of the ' +
    'simulator published with Sharma et al., Bit Fusion, ISCA 2018',
  eieTable1: 'Han et al., EIE, ISCA 2016, Table I: a 32-bit read of a 32 KB SRAM',
  eieTable2:
    'Han et al., EIE, ISCA 2016, Table II: rows SpmatRead and PtrRead, the memory and the little logic beside it',
} as const;

export interface SramPoint {
  readonly source: keyof typeof sramSources;
  readonly bytes: number;
  readonly bits: number;
  readonly banks?: number;
  readonly readPicojoules?: number;
  readonly writePicojoules?: number;
  readonly leakageMilliwatts?: number;
  readonly areaUm2?: number;
}

export const sramPoints: readonly SramPoint[] = [
  {
    source: 'fakeram45',
    bytes: 256,
    bits: 32,
    readPicojoules: 0.7958,
    leakageMilliwatts: 0.0816272,
  },
  {
    source: 'fakeram45',
    bytes: 512,
    bits: 16,
    readPicojoules: 1.3591,
    leakageMilliwatts: 0.169783,
  },
  { source: 'fakeram45', bytes: 512, bits: 64, readPicojoules: 2.4979, leakageMilliwatts: 0.18717 },
  {
    source: 'fakeram45',
    bytes: 1024,
    bits: 32,
    readPicojoules: 1.8744,
    leakageMilliwatts: 0.289841,
  },
  {
    source: 'fakeram45',
    bytes: 2048,
    bits: 256,
    readPicojoules: 13.5669,
    leakageMilliwatts: 0.692663,
  },
  {
    source: 'fakeram45',
    bytes: 3072,
    bits: 96,
    readPicojoules: 5.7566,
    leakageMilliwatts: 0.697753,
  },
  {
    ...{ source: 'fakeram45', bytes: 4096, bits: 32, readPicojoules: 3.5664 },
    ...{ leakageMilliwatts: 0.797666, areaUm2: 16406.082 },
  },
  {
    ...{ source: 'fakeram45', bytes: 4096, bits: 64, readPicojoules: 5.30043 },
    ...{ leakageMilliwatts: 0.823237, areaUm2: 17301.438 },
  },
  {
    ...{ source: 'fakeram45', bytes: 4096, bits: 256, readPicojoules: 15.6914 },
    ...{ leakageMilliwatts: 1.02389, areaUm2: 23378.74 },
  },
  {
    ...{ source: 'fakeram45', bytes: 10_240, bits: 39, readPicojoules: 6.85519 },
    ...{ leakageMilliwatts: 1.8766, areaUm2: 45478.818 },
  },
  {
    source: 'bitfusion',
    bytes: 128,
    bits: 32,
    readPicojoules: 0.683701,
    writePicojoules: 0.925317,
  },
  { source: 'bitfusion', bytes: 1024, bits: 32, readPicojoules: 1.13324, writePicojoules: 3.29596 },
  { source: 'bitfusion', bytes: 2048, bits: 32, readPicojoules: 1.90318, writePicojoules: 3.63853 },
  { source: 'bitfusion', bytes: 4096, bits: 32, readPicojoules: 3.42953, writePicojoules: 4.31011 },
  { source: 'bitfusion', bytes: 8192, bits: 32, readPicojoules: 6.39163, writePicojoules: 5.56268 },
  { source: 'bitfusion', bytes: 16_384, bits: 32, readPicojoules: 9.9817, writePicojoules: 8.4209 },
  { source: 'eieTable1', bytes: 32_768, bits: 32, readPicojoules: 5 },
  { source: 'eieTable2', bytes: 131_072, bits: 64, areaUm2: 469_412 },
  { source: 'eieTable2', bytes: 32_768, bits: 16, banks: 2, areaUm2: 121_849 },
];
