/** TensorFlow.js as its caller opened it: training computes on whichever backend that is. */
export type Tf = typeof import('@tensorflow/tfjs-core');
