// The library of native kernels, or null where it cannot be built: then their tests are skipped.

import { openNative } from '../../../hw-models/host/native/library.node.js';

const { library, reason } = await openNative();
if (reason !== null) console.warn(`native kernels are not tested: ${reason}`);

export { library };
