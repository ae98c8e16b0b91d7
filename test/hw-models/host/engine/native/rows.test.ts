// Every native row on layers of each kind that it runs, as built for the processor underneath; on
// other processors: builds.test.ts.

import { describe, expect, it } from 'vitest';
import { library } from '../../native-library.js';
import { expectRow } from './agreement.js';
import { boundOf, layersOf, nativeRows, roundingKernels } from './layers.js';

describe.skipIf(library === null)('native kernels', () => {
  it.each([...nativeRows, ...roundingKernels])('$name', (row) => {
    const cases = layersOf(row);
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) expectRow(row, one, boundOf(row));
  });
});
