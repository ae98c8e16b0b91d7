// Han et al., "EIE: Efficient Inference Engine on Compressed Deep Neural Network", ISCA 2016 (arXiv
// 1602.01528v2), Table III: the nine benchmark layers. Densities in percent as published (rounded);
// activations are the INPUT's.

export interface EieBenchmarkRow {
  readonly name: string;
  readonly layer: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly weightPercent: number;
  readonly activationPercent: number;
  readonly clamped: boolean;
  readonly title: string;
}

const relu = true;
const linear = false;

const row = (
  name: string,
  layer: string,
  inputs: number,
  outputs: number,
  weightPercent: number,
  activationPercent: number,
  clamped: boolean,
  title: string,
): EieBenchmarkRow => ({
  name,
  layer,
  inputs,
  outputs,
  weightPercent,
  activationPercent,
  clamped,
  title,
});

export const eieBenchmarkRows: readonly EieBenchmarkRow[] = [
  row('alex-6', 'fc6', 9216, 4096, 9, 35.1, relu, 'AlexNet fc6'),
  row('alex-7', 'fc7', 4096, 4096, 9, 35.3, relu, 'AlexNet fc7'),
  row('alex-8', 'fc8', 4096, 1000, 25, 37.5, linear, 'AlexNet fc8'),
  row('vgg-6', 'fc6', 25088, 4096, 4, 18.3, relu, 'VGG-16 fc6'),
  row('vgg-7', 'fc7', 4096, 4096, 4, 37.5, relu, 'VGG-16 fc7'),
  row('vgg-8', 'fc8', 4096, 1000, 23, 41.1, linear, 'VGG-16 fc8'),
  row('nt-we', 'we', 4096, 600, 10, 100, linear, 'NeuralTalk word embedding'),
  row('nt-wd', 'wd', 600, 8791, 11, 100, linear, 'NeuralTalk word decoding'),
  row('nt-lstm', 'lstm', 1201, 2400, 10, 100, linear, 'NeuralTalk LSTM gates'),
];
