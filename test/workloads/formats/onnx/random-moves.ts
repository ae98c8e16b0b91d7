// Nodes that move elements or walk over steps, drawn: shapes, gathers, resizing, recurrent layers.

import fc from 'fast-check';
import {
  channels,
  type Draw,
  image,
  node,
  numbers,
  opsets,
  pad,
  scalar,
  seed,
  small,
  tensor,
  type Ways,
  wholes,
} from './agreement.js';
import type { OnnxText } from './file.js';

export const randomMoves: Readonly<Record<string, Draw | readonly [Draw, Ways]>> = {
  'shapes and moves': fc
    .record({ image, opset: opsets(13, 18), block: fc.constantFrom(1, 2) })
    .map(({ image: [c, h], opset, block }) => ({
      ...{ opset, input: [4 * c, h, 6] },
      nodes: [
        node('Shape', ['x'], {}, [], ['sh']),
        node('Gather', ['sh', 'one'], {}, [], ['n']),
        node('Unsqueeze', ['n', 'first'], {}, [], ['nu']),
        node('Concat', ['ones', 'nu', 'rest'], { axis: 0 }, [], ['to']),
        node('DepthToSpace', ['x'], { blocksize: block }, [], ['d']),
        node('SpaceToDepth', ['d'], { blocksize: block }, [], ['s']),
        node('Reshape', ['s', 'to'], {}, [], ['r']),
        node('Transpose', ['r'], { perm: [2, 0, 1] }, [], ['t']),
        node(
          'Split',
          ['t'],
          { axis: 2, ...(opset >= 18 ? { num_outputs: 2 } : {}) },
          [],
          ['a', 'b'],
        ),
        node('Slice', ['a', 'first', 'max', 'axes', 'steps'], {}, [], ['sl']),
        node('Tile', ['sl', 'times'], {}, [], ['ti']),
        node('Squeeze', ['ti', 'second'], {}, [], ['sq']),
        node('Flatten', ['sq'], { axis: 1 }, [], ['f']),
        node('Expand', ['f', 'wider'], {}, [], ['y']),
      ],
      tensors: {
        ...{
          one: scalar(1, 7),
          first: wholes(0),
          ones: wholes(1),
          rest: wholes(-1),
          second: wholes(1),
        },
        ...{
          max: wholes(2 ** 53),
          axes: wholes(-3),
          steps: wholes(2),
          times: wholes(1, 1, 2),
          wider: wholes(2, 1, 1),
        },
      },
    })),
  'gathers and scatters': fc
    .record({
      image,
      form: fc.constantFrom('Gather', 'GatherElements', 'GatherND', 'ScatterND', 'OneHot', 'Table'),
    })
    .map(({ image: [c, h, w], form }): OnnxText => {
      const indices = { inputs: { x: { shape: [c + 1, h, w] }, i: { type: 7, shape: [2, 2] } } };
      if (form === 'Gather')
        return { ...indices, nodes: [node('Gather', ['x', 'i'], { axis: 1 })] };
      if (form === 'Table') {
        const table = { dims: [2, 4096], values: numbers(8192, c) };
        return {
          inputs: { i: { type: 7, shape: [1, h] } },
          nodes: [node('Gather', ['t', 'i'])],
          tensors: { t: table },
        };
      }
      if (form === 'GatherND') return { ...indices, nodes: [node('GatherND', ['x', 'i'])] };
      if (form === 'OneHot') {
        return {
          ...indices,
          nodes: [node('OneHot', ['i', 'd', 'v'])],
          tensors: { d: scalar(3, 7), v: tensor([2], 1) },
        };
      }
      if (form === 'ScatterND') {
        const places = { dims: [1, 2], values: [1, 2], type: 7 };
        return {
          input: [h, w],
          nodes: [node('ScatterND', ['x', 'p', 'u'])],
          tensors: { p: { ...places, values: [0, 2] }, u: tensor([1, w], 2) },
        };
      }
      return {
        ...{ inputs: { x: { shape: [c + 1, h] }, i: { type: 7, shape: [2, 2] } } },
        nodes: [node('GatherElements', ['x', 'i'], { axis: 1 })],
      };
    }),
  Resize: fc
    .record({
      ...{ image, mode: fc.constantFrom('nearest', 'linear', 'cubic'), sizes: fc.boolean() },
      coordinates: fc.constantFrom(
        'half_pixel',
        'asymmetric',
        'pytorch_half_pixel',
        'align_corners',
      ),
      scale: fc.constantFrom(0.5, 2, 3),
    })
    .map(({ image: [c, h, w], mode, sizes, coordinates, scale }) => {
      const [height, width] = [Math.floor(h * scale), Math.floor(w * scale)];
      return {
        ...{ opset: 13, input: [c, h, w] },
        nodes: [
          node('Resize', ['x', '', ...(sizes ? ['', 'sizes'] : ['scales'])], {
            ...{ mode, coordinate_transformation_mode: sizes ? coordinates : 'half_pixel' },
          }),
        ],
        tensors: {
          sizes: wholes(1, c, height, width),
          scales: { dims: [4], values: [1, 1, scale, scale] },
        },
      };
    }),
  Upsample: fc.record({ image }).map(({ image: input }) => ({
    ...{ opset: 9, input },
    nodes: [node('Upsample', ['x', 's'], { mode: 'nearest' })],
    tensors: { s: { dims: [4], values: [1, 1, 2, 3] } },
  })),
  'LSTM, GRU, RNN': fc
    .record({
      ...{
        steps: small,
        features: channels,
        hidden: channels,
        seed,
        bias: fc.boolean(),
        reset: pad,
      },
      ...{
        cell: fc.constantFrom('LSTM', 'GRU', 'RNN'),
        direction: fc.constantFrom('forward', 'reverse', 'bidirectional'),
      },
      computed: fc.boolean(),
    })
    .map(({ steps, features, hidden, seed, bias, reset, cell, direction, computed }): OnnxText => {
      const gates = { LSTM: 4, GRU: 3, RNN: 1 }[cell] ?? 1;
      const directions = direction === 'bidirectional' ? 2 : 1;
      const w = [directions, gates * hidden, features];
      const attributes = {
        hidden_size: hidden,
        direction,
        ...(cell === 'GRU' ? { linear_before_reset: reset } : {}),
      };
      return {
        ...{ opset: 14, outputs: ['y', 'h'] },
        inputs: { x: { shape: [steps, 1, features] }, ...(computed ? { w: { shape: w } } : {}) },
        nodes: [node(cell, ['x', 'w', 'r', ...(bias ? ['b'] : [])], attributes, [], ['y', 'h'])],
        tensors: {
          ...(computed ? {} : { w: tensor(w, seed) }),
          r: tensor([directions, gates * hidden, hidden], seed + 1),
          b: tensor([directions, 2 * gates * hidden], seed + 2),
        },
      };
    }),
};
