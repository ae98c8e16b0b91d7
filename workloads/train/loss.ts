// Softmax and cross-entropy over a batch of logits.

export interface Loss {
  /** Sum over the batch, nats. */
  readonly loss: number;
  /** How many frames have their class on top. */
  readonly correct: number;
  /** [batch][classes]: of the batch's mean loss. */
  readonly gradient: Float32Array;
}

/** `logits` are [batch][classes], `labels` the classes. */
export function crossEntropy(logits: Float32Array, labels: Uint8Array): Loss {
  const batch = labels.length;
  const classes = logits.length / batch;
  const gradient = new Float32Array(logits.length);
  let loss = 0;
  let correct = 0;
  for (let frame = 0; frame < batch; frame++) {
    const from = frame * classes;
    const label = labels[frame] as number;
    let top = 0;
    for (let at = 1; at < classes; at++) {
      if ((logits[from + at] as number) > (logits[from + top] as number)) top = at;
    }
    const max = logits[from + top] as number;
    let total = 0;
    for (let at = 0; at < classes; at++) total += Math.exp((logits[from + at] as number) - max);
    for (let at = 0; at < classes; at++) {
      const probability = Math.exp((logits[from + at] as number) - max) / total;
      gradient[from + at] = (probability - (at === label ? 1 : 0)) / batch;
    }
    loss += Math.log(total) + max - (logits[from + label] as number);
    if (top === label) correct++;
  }
  return { loss, correct, gradient };
}
