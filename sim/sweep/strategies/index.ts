// The strategies that a spec may name.

import type { StrategySpec } from '../spec.js';
import { bayesian } from './bayesian.js';
import { nsga2 } from './nsga2.js';
import { grid, latinHypercube, random, sobol } from './samples.js';
import type { Strategy } from './strategy.js';

export function strategyOf(spec: StrategySpec = { kind: 'grid' }): Strategy {
  switch (spec.kind) {
    case 'grid':
      return grid;
    case 'random':
      return random;
    case 'latin-hypercube':
      return latinHypercube;
    case 'sobol':
      return sobol;
    case 'nsga2':
      return nsga2(spec.population);
    case 'bayesian':
      return bayesian(spec.initial, spec.batch);
  }
}
