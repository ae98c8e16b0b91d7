// Real inputs that are not part of the project: found through ZEROSKIP_ASSETS, else tests that need
// them say so and skip.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env.ZEROSKIP_ASSETS ?? '../shared';

export interface Asset {
  readonly path: string;
  readonly missing: boolean;
}

function asset(path: string): Asset {
  const full = join(root, path);
  const missing = !existsSync(full);
  if (missing) process.stderr.write(`skipping tests that need ${full}: set ZEROSKIP_ASSETS\n`);
  return { path: full, missing };
}

export const squeezenetNet = asset('models/compressed_SqueezeNet.net');
export const catPicture = asset('data/cat.jpg');
export const mnistDigits = asset('data/t10k-images-idx3-ubyte.gz');
/** Designs of Timeloop, SCALE-Sim and ZigZag, with what Timeloop itself printed for some. */
export const architectures = asset('models/architectures');
