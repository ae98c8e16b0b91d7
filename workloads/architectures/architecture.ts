// What the builders of architectures give: everything of a network but what it is called.

import type { NetworkSpec } from '../graph.js';

export interface Architecture
  extends Required<Pick<NetworkSpec, 'inputs' | 'outputs' | 'layers' | 'constants'>> {
  /**
   * Known shares of non-zeros in results of layers without weights, by layer: what a causal mask
   * leaves.
   */
  readonly probabilities: ReadonlyMap<string, number>;
}
