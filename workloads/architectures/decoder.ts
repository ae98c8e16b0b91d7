// The last layers of decoders: logits for the token after the last one.

import type { Architecture } from './architecture.js';
import type { Sketch } from './sketch.js';

export interface DecoderEnd extends Pick<Architecture, 'inputs' | 'probabilities'> {
  readonly sketch: Sketch;
  /** What the last block gives, [1, sequence, width]. */
  readonly hidden: string;
  readonly sequence: number;
  readonly vocabulary: number;
  /** Of what follows the last token alone unless told. */
  readonly logits?: 'last' | 'all';
  /** Logits x become c · tanh(x / c). */
  readonly cap?: number;
  /** The last normalisation. */
  readonly normalise: (last: string) => string;
}

export function withLogits(end: DecoderEnd): Architecture {
  const { sketch, hidden, sequence, vocabulary, normalise, inputs, probabilities } = end;
  const isCut = sequence > 1 && end.logits !== 'all';
  const last = isCut ? sketch.slice('last_token', hidden, 1, sequence - 1, sequence) : hidden;
  const logits = sketch.dense('lm_head', normalise(last), vocabulary, false);
  const { layers, constants } = sketch;
  const result = end.cap === undefined ? logits : sketch.capped('logits', logits, end.cap);
  return { inputs, outputs: [result], layers, constants, probabilities };
}
