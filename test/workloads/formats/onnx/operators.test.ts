// ONNX's own operators over random shapes, attributes and operator sets compute what ONNX Runtime
// computes.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { check } from './agreement.js';
import { hasOnnx } from './networks.js';
import { randomElements } from './random-elements.js';
import { randomMoves } from './random-moves.js';
import { randomQuantised } from './random-quantised.js';
import { randomWindows } from './random-windows.js';

const random = { ...randomWindows, ...randomElements, ...randomMoves, ...randomQuantised };

describe.skipIf(!hasOnnx)('ONNX operators compute what ONNX Runtime computes', () => {
  it.each(Object.entries(random))('%s', async (_name, each) => {
    const [draw, ways] = 'generate' in each ? [each, {}] : each;
    await fc.assert(
      fc.asyncProperty(draw, async (text) => {
        await check(text, ways);
      }),
      { numRuns: 25 },
    );
  });
});
