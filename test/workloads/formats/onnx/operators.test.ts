// ONNX's own operators over random shapes, attributes and operator sets compute what ONNX Runtime
// computes.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { check } from './agreement.js';
import { drawnElements } from './drawn-elements.js';
import { drawnMoves } from './drawn-moves.js';
import { drawnQuantised } from './drawn-quantised.js';
import { drawnWindows } from './drawn-windows.js';
import { hasOnnx } from './networks.js';

const drawn = { ...drawnWindows, ...drawnElements, ...drawnMoves, ...drawnQuantised };

describe.skipIf(!hasOnnx)('ONNX operators compute what ONNX Runtime computes', () => {
  it.each(Object.entries(drawn))('%s', async (_name, each) => {
    const [draw, ways] = 'generate' in each ? [each, {}] : each;
    await fc.assert(
      fc.asyncProperty(draw, async (text) => {
        await check(text, ways);
      }),
      { numRuns: 25 },
    );
  });
});
