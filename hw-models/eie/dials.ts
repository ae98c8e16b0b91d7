import type { Dial } from '../contract.js';
import { powersOfTwo } from '../dials.js';
import { technologyNodes } from '../technology/nodes.js';

/**
 * What Han et al. vary in EIE, ISCA 2016, Figures 8 to 13, and what its designers would have to
 * choose again.
 */
export const dials: readonly Dial[] = [
  { path: 'pes', label: 'PEs', unit: 'count', levels: powersOfTwo(0, 10) },
  { path: 'queueDepth', label: 'activation queue', unit: 'count', levels: powersOfTwo(0, 8) },
  {
    path: 'spmat.widthBits',
    label: 'sparse-matrix SRAM, word',
    unit: 'bit',
    levels: powersOfTwo(5, 9),
  },
  {
    path: 'spmat.bytes',
    label: 'sparse-matrix SRAM, a PE',
    unit: 'KiB',
    levels: powersOfTwo(4, 10),
  },
  { path: 'fixedPointBits', label: 'arithmetic', unit: 'bit', levels: [8, 10, 12, 14, 16] },
  { path: 'codeBits', label: 'shared weights, code', unit: 'bit', levels: [2, 3, 4, 5, 6, 8] },
  { path: 'indexBits', label: 'zeros before an entry', unit: 'bit', levels: [2, 3, 4, 5, 6, 8] },
  {
    path: 'clockHz',
    label: 'clock',
    unit: 'MHz',
    levels: [200, 400, 600, 800, 1000, 1200, 1400, 1600],
  },
  {
    path: 'processNm',
    label: 'process',
    unit: 'nm',
    levels: technologyNodes.map(({ nm }) => nm).reverse(),
  },
];
