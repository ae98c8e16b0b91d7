// Mappings as text: what is written is read again, and what cannot be is told in a line.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { withoutUnits } from '../../../hw-models/spatial/nest/mapping.js';
import { mappingLine, readMapping } from '../../../hw-models/spatial/nest/mapping-text.js';
import { InputError } from '../../../workloads/base/errors.js';
import { productTask } from '../product-task.js';
import { convolution, memory, nest } from './nests.js';
import { nestsOf } from './random-nests.js';

describe('mappings as text', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(nestsOf(7, 5), ({ problem, architecture, mapping }) => {
        const line = mappingLine(problem, architecture, mapping);
        const read = readMapping(line, problem, architecture, 'here');
        expect(read.mapping).toEqual(withoutUnits(mapping));
        expect(read.problem.sizes).toEqual(problem.sizes);
      }),
    );
  });

  const { problem, architecture } = nest(convolution({ C: 4, P: 6 }), [
    [memory('dram'), 'wio', ''],
    [memory('buffer'), 'wio', ''],
  ]);
  it.each([
    ['dram: C4 P6 | bufer', 'found level bufer, expected buffer, or another'],
    ['dram: C4 | dram: P6', 'found level dram twice, expected each level once'],
    ['dram: C4 P5', 'found loops of 5 steps over P, expected at least 6'],
    ['dram: C4 P0', `found loop "P0", expected a dimension and its steps`],
    ['dram: C4 Z6', 'found dimension Z, expected C, P'],
    ['dram [wights]: C4 P6', 'found operand wights, expected weights, inputs, outputs'],
    ['dram: C4 P6 |', 'found "", expected a level and its loops'],
  ])('say of %s what is wrong', (text, message) => {
    expect(() => readMapping(text, problem, architecture, 'x')).toThrow(InputError);
    expect(() => readMapping(text, problem, architecture, 'x')).toThrow(message);
  });

  it('may be given by a preset, and are checked against its memories', () => {
    const task = productTask({ rows: 4, depth: 16, columns: 16 });
    const given = (text: string) =>
      loadHardware('gemmini').vary([
        { op: 'add', path: ['mappings'], value: { [task.name]: text } },
      ]);
    const good = 'dram | scratchpad: P4 | accumulator | columns: M16x | rows: C16y';
    const [cost] = given(good).cost([task], 'mapped');
    expect(cost?.cycles.compute).toBe(4);
    expect(cost?.counters.mappings).toBe(0);
    const own = loadHardware('gemmini').cost([task])[0];
    const again = given(own?.mapping ?? '').cost([task])[0];
    expect(again).toEqual({ ...own, counters: { ...own?.counters, mappings: 0 } });
    const wide = 'dram: P4 | columns: M16x C16x';
    expect(() => given(wide).cost([task])).toThrow(
      /mapping of layer .*: columns: found 256 instances along x, expected 16/,
    );
  });
});
