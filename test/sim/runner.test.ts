// What really runs a network with operators that nobody implements here.

import { describe, expect, it } from 'vitest';
import type { Executor } from '../../hw-models/host/contract.js';
import { runnerOf } from '../../sim/measured.js';
import { InputError } from '../../workloads/base/errors.js';
import { openBytes } from '../../workloads/base/open-file.js';
import { buildNetwork } from '../../workloads/graph.js';
import type { Model, OnnxFile } from '../../workloads/model.js';
import type { LayerSpec } from '../../workloads/spec.js';

const executor = (name: string): Executor => ({
  ...{ name, optIn: false },
  describe: async () => ({ engine: name, hint: null }),
  load: () => Promise.reject(new Error('nobody runs this')),
});
const [auto, onnx] = [executor('auto'), executor('onnxruntime')];

const opaque = (name: string, operator: string): LayerSpec => ({
  ...{ kind: 'opaque', name, operator, resultTypes: [{ shape: [1, 4], type: 'float32' }] },
});
const file: OnnxFile = { format: 'onnx', content: openBytes(new Uint8Array(0)), path: null };

function modelOf(layers: readonly LayerSpec[], from?: OnnxFile): Model {
  const source = { work: 'a test', at: 'here' };
  const network = buildNetwork({ name: 'net', title: 'net', input: [4], layers, source });
  return { network, weights: new Map(), origin: 'real', ...(from ? { file: from } : {}) };
}

const strange = [opaque('a', 'FooBar'), opaque('b', 'Baz'), opaque('c', 'FooBar')];

describe('what runs a network', () => {
  it('is the executor where everything is implemented', () => {
    const model = modelOf([{ kind: 'softmax', name: 's' }]);
    expect(runnerOf(auto, onnx, model)).toEqual({ runner: auto, notes: [] });
    expect(runnerOf(auto, undefined, model)).toEqual({ runner: auto, notes: [] });
  });

  it('is the one that stands in where something is not, and says so once', () => {
    expect(runnerOf(auto, onnx, modelOf(strange, file))).toEqual({
      ...{ runner: onnx, notes: ['FooBar, Baz not implemented here: ran by onnxruntime'] },
    });
  });

  it('is the one that would stand in where it was asked for', () => {
    expect(runnerOf(onnx, onnx, modelOf(strange, file))).toEqual({ runner: onnx, notes: [] });
  });

  it.each<[string, Executor | undefined, OnnxFile | undefined]>([
    ['nobody stands in', undefined, file],
    ['the network is no file', onnx, undefined],
  ])('is nobody where %s', (_what, standIn, from) => {
    expect(() => runnerOf(auto, standIn, modelOf(strange, from))).toThrow(
      new InputError(
        'net: cannot run here, because zeroskip cannot compute FooBar, Baz; leave host out of --on, or give the network as an ONNX file with its weights',
      ),
    );
  });
});
