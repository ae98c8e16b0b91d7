import { type Basis, claim } from '../../sim/validate/claims.js';

/**
 * Figures as `validate` finds them, off by known factors: 24 times of two devices, 12 ratios, one
 * that is not modelled.
 */
export const madeUpClaims = [
  ...['titan-x', 'eie-64'].flatMap((device) =>
    Array.from({ length: 12 }, (_, at) =>
      figure('EIE, Table IV', `${device} batch ${at}`, 'µs', 10 * (at + 1), 0.7 + 0.06 * at),
    ),
  ),
  ...Array.from({ length: 12 }, (_, at) =>
    figure('EIE, Figure 6', `bar ${at}`, 'ratio', 2 ** at, 1.1, 'predicted'),
  ),
  claim(
    'EIE, Figure 6',
    { claim: 'not modelled', source: '', unit: 'ratio', published: 3 },
    null,
    'none',
  ),
  figure('EIE, Table I', 'far off', 'J', 1, 9, 'input'),
];

function figure(
  table: string,
  name: string,
  unit: string,
  published: number,
  factor: number,
  basis: Basis = 'fitted',
) {
  return claim(table, { claim: name, source: table, unit, published }, published * factor, basis);
}
