// The rewriting passes, in the order in which they run.

import { recogniseActivations } from './activations.js';
import { joinAffineChains } from './affine-chains.js';
import { withoutDeadCode } from './dead-code.js';
import type { Draft, Pass } from './draft.js';
import { joinFlattening } from './flat-products.js';
import { recogniseMendedPools } from './mended-pools.js';
import { recogniseMomentNorms } from './moment-norms.js';
import { joinMoves } from './moves.js';
import { withoutNoOps } from './no-ops.js';
import { recogniseNorms } from './norms.js';
import { joinPads } from './pads.js';
import { joinProducts } from './products.js';
import { recogniseSoftmax } from './softmax.js';
import { sinkTransposes } from './transposes.js';
import { foldChannels } from './weighted-channels.js';

const passes: readonly Pass[] = [
  withoutDeadCode,
  withoutNoOps,
  joinMoves,
  sinkTransposes,
  joinMoves,
  withoutNoOps,
  recogniseActivations,
  recogniseNorms,
  recogniseMomentNorms,
  recogniseSoftmax,
  recogniseMendedPools,
  joinProducts,
  joinPads,
  joinFlattening,
  foldChannels,
  joinAffineChains,
  withoutDeadCode,
];

export function runPasses(draft: Draft): Draft {
  return passes.reduce((before, pass) => pass(before), draft);
}
