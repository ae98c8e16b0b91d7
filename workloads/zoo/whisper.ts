// Radford et al., "Robust speech recognition via large-scale weak supervision" (arXiv 2212.04356),
// Table 1, tiny: the encoder, over the log-mel spectrogram of 30 seconds. Layers have the names of
// Hugging Face's transformers.

import { attention } from '../architectures/attention.js';
import { Sketch } from '../architectures/sketch.js';
import { buildNetwork } from '../graph.js';
import { fixed } from './dimensions.js';
import { denseEstimate } from './entry.js';

const [WIDTH, HEADS, LAYERS, MELS, FRAMES] = [384, 6, 4, 80, 3000];
const POSITIONS = FRAMES / 2;
const EPSILON = 1e-5;

export const whisperTiny = fixed('whisper-tiny-encoder', () => {
  const sketch = new Sketch();
  /** A convolution along time, as one of images of one row. */
  const conv = (name: string, input: string, stride: 1 | 2) => {
    const convolved = sketch.add({
      ...{
        kind: 'conv2d',
        name,
        inputs: [input],
        channels: WIDTH,
        kernel: [1, 3],
        stride: [1, stride],
      },
      ...{ pad: [0, 1, 0, 1], groups: 1, bias: true, activation: 'none' },
    });
    return sketch.unary(`${name}.gelu`, convolved, 'gelu');
  };
  const rows = sketch.reshape('mel_rows', 'input_features', [1, MELS, 1, FRAMES]);
  const convolved = conv('conv2', conv('conv1', rows, 1), 2);
  const channels = sketch.reshape('conv2.channels', convolved, [1, WIDTH, POSITIONS]);
  const tokens = sketch.transpose('conv2.tokens', channels, [0, 2, 1]);
  const places = sketch.parameter('embed_positions.weight', [1, POSITIONS, WIDTH], 0);
  let hidden = sketch.binary('embed', 'add', tokens, places);
  for (let at = 0; at < LAYERS; at++) {
    const own = (name: string) => `layers.${at}.${name}`;
    const normal = sketch.layerNorm(own('self_attn_layer_norm'), hidden, WIDTH, EPSILON);
    const project = (name: string, bias = true) =>
      sketch.dense(own(`self_attn.${name}`), normal, WIDTH, bias);
    const context = attention(
      sketch,
      {
        name: own('self_attn'),
        heads: HEADS,
        sharedHeads: HEADS,
        width: WIDTH / HEADS,
        positions: POSITIONS,
      },
      { query: project('q_proj'), key: project('k_proj', false), value: project('v_proj') },
    );
    const attended = sketch.dense(own('self_attn.out_proj'), context, WIDTH, true);
    const middle = sketch.sum(own('self_attn.sum'), hidden, attended);
    const second = sketch.layerNorm(own('final_layer_norm'), middle, WIDTH, EPSILON);
    const inner = sketch.unary(
      own('activation'),
      sketch.dense(own('fc1'), second, 4 * WIDTH, true),
      'gelu',
    );
    hidden = sketch.sum(own('fc.sum'), middle, sketch.dense(own('fc2'), inner, WIDTH, true));
  }
  const last = sketch.layerNorm('layer_norm', hidden, WIDTH, EPSILON);
  const network = buildNetwork({
    name: 'whisper-tiny-encoder',
    title: 'Whisper tiny, encoder, 30 s of speech',
    inputs: [{ name: 'input_features', shape: [1, MELS, FRAMES], type: 'float32' }],
    outputs: [last],
    ...{ layers: sketch.layers, constants: sketch.constants },
    source: { work: 'Radford et al., Whisper (arXiv 2212.04356)', at: 'Table 1, tiny' },
  });
  return { network, densities: denseEstimate(network), preprocessing: null };
});
