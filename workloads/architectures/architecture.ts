// The result of an architecture builder: everything of a network except its name.

import type { NetworkSpec } from '../graph.js';

export interface Architecture
  extends Required<Pick<NetworkSpec, 'inputs' | 'outputs' | 'layers' | 'constants'>> {
  /**
   * Known shares of non-zeros in results of layers without weights, by layer: what a causal mask
   * leaves.
   */
  readonly probabilities: ReadonlyMap<string, number>;
}
