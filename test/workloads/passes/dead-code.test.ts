import { describe, expect, it } from 'vitest';
import { withoutDeadCode } from '../../../workloads/passes/dead-code.js';
import type { Draft } from '../../../workloads/passes/draft.js';
import type { TrainedLayerSpec } from '../../../workloads/spec.js';
import { floats } from '../../../workloads/tensor.js';

const type = { shape: [1, 2], type: 'float32' } as const;
const layer = (
  name: string,
  inputs: readonly string[],
  resultNames?: readonly string[],
): TrainedLayerSpec => ({
  ...{ kind: 'add', name, inputs, activation: 'none' },
  ...(resultNames ? { resultNames } : {}),
});

function draftOf(
  layers: readonly TrainedLayerSpec[],
  outputs: readonly string[],
  more: Partial<Draft> = {},
): Draft {
  return {
    ...{ inputs: [{ name: 'x', ...type }], outputs, layers, weights: new Map(), types: new Map() },
    constants: new Map([
      ['one', floats([1, 2], Float32Array.of(1, 1))],
      ['two', floats([1, 2], Float32Array.of(2, 2))],
    ]),
    ...more,
  };
}

const namesOf = ({ layers }: Draft) => layers.map(({ name }) => name);

describe('what no output needs', () => {
  it('is left out with all that only it needs, the rest in its order', () => {
    const layers = [
      layer('a', ['x', 'one']),
      layer('dead', ['a', 'two']),
      layer('b', ['a']),
      layer('deader', ['dead', 'b']),
      layer('c', ['b']),
    ];
    const alive = withoutDeadCode(draftOf(layers, ['c']));
    expect(namesOf(alive)).toEqual(['a', 'b', 'c']);
    expect([...alive.constants.keys()]).toEqual(['one']);
    expect(alive.inputs).toHaveLength(1);
  });

  it('is known by the results, whatever the layers are called', () => {
    const layers = [layer('node', ['x'], ['y', 'z']), layer('y', ['x'], ['other'])];
    expect(namesOf(withoutDeadCode(draftOf(layers, ['z'])))).toEqual(['node']);
    expect(namesOf(withoutDeadCode(draftOf(layers, ['other'])))).toEqual(['y']);
  });

  it('counts further results of a layer that names none', () => {
    const types = new Map(['a', 'a:1', 'a:2', 'b'].map((name) => [name, type] as const));
    const layers = [layer('a', ['x']), layer('b', ['x'])];
    expect(namesOf(withoutDeadCode(draftOf(layers, ['a:2'], { types })))).toEqual(['a']);
  });

  it('keeps a constant that is an output', () => {
    const alive = withoutDeadCode(draftOf([layer('a', ['x'])], ['two']));
    expect(namesOf(alive)).toEqual([]);
    expect([...alive.constants.keys()]).toEqual(['two']);
  });
});
