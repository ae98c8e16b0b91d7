// Published constants of CMOS nodes, high-performance devices. Stillmaker and Baas, "Scaling
// equations for the accurate prediction of CMOS device performance from 180 nm to 7 nm",
// Integration 58, 2017: Table of area factors and table of polynomial coefficients, fitted to
// HSpice runs on PTM and ITRS models. Read as reprinted in github.com/wromaszkan/nodeScale; the
// coefficients of 32 nm and 65 nm agree with the authors' erratum, the area factors with a second
// reprint.

import type { Provenance } from '../contract.js';

export interface TechnologyNode {
  readonly nm: number;
  /** Area of the same circuit, 45 nm = 1: the row of 45 nm, which has two digits. */
  readonly area: number;
  /** Delay of a gate in volts: c₀V³ + c₁V² + c₂V + c₃. */
  readonly delay: readonly [number, number, number, number];
  /** Energy of an operation in volts: c₀V² + c₁V + c₂. */
  readonly energy: readonly [number, number, number];
  /** The supply when none is given. */
  readonly nominal: { readonly volts: number; readonly from: Provenance; readonly cite: string };
}

const QUOTED = 'PTM, high performance, as quoted in public code that applies the scaling equations';
const EXAMPLE = 'the worked example of the scaling equations, Section 4.2.1 and its erratum';
const UNCONFIRMED = 'PTM, high performance; commonly stated, not confirmed';

/** From large to small. */
export const technologyNodes: readonly TechnologyNode[] = [
  {
    nm: 65,
    area: 1.5,
    delay: [-53.3, 230.4, -333.9, 178.6],
    energy: [3.755, -4.398, 1.975],
    nominal: { volts: 1.1, from: 'estimate', cite: UNCONFIRMED },
  },
  {
    nm: 45,
    area: 1,
    delay: [-501.6, 1567, -1619, 566.1],
    energy: [1.018, -0.3107, 0.1539],
    nominal: { volts: 1.0, from: 'estimate', cite: QUOTED },
  },
  {
    nm: 32,
    area: 0.46,
    delay: [-1047, 2982, -2797, 873.5],
    energy: [0.8367, -0.4341, 0.1701],
    nominal: { volts: 0.9, from: 'paper', cite: EXAMPLE },
  },
  {
    nm: 20,
    area: 0.21,
    delay: [0, 34.63, -66.37, 41.15],
    energy: [0.373, -0.1582, 0.04104],
    nominal: { volts: 0.9, from: 'estimate', cite: UNCONFIRMED },
  },
  {
    nm: 16,
    area: 0.19,
    delay: [0, 24.8, -47.52, 28.87],
    energy: [0.2958, -0.1241, 0.03024],
    nominal: {
      ...{ volts: 0.85, from: 'estimate' },
      cite: 'PTM, high performance, as StephenMoreOSU/fpga21-scaled-tech, device_geometry.py, takes it',
    },
  },
  {
    nm: 14,
    area: 0.17,
    delay: [-40.66, 109.2, -100.6, 35.92],
    energy: [0.2363, -0.09675, 0.02239],
    nominal: { volts: 0.8, from: 'estimate', cite: QUOTED },
  },
  {
    nm: 10,
    area: 0.1,
    delay: [-34.95, 93.65, -85.99, 30.4],
    energy: [0.2068, -0.09311, 0.02375],
    nominal: { volts: 0.75, from: 'estimate', cite: QUOTED },
  },
  {
    nm: 7,
    area: 0.059,
    delay: [-28.58, 76.6, -70.26, 24.69],
    energy: [0.1776, -0.09097, 0.02447],
    nominal: { volts: 0.7, from: 'estimate', cite: QUOTED },
  },
];
