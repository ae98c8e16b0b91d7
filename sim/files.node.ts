// Files that a user names, as sim/ reads them.

export { MAX_BYTES, openPieces, readBytes, readText } from '../workloads/base/files.node.js';
