// Layers of detectors, which nothing here computes: only the shapes of their results are known.

import { type CaffeLayer, type CaffeRow, first, parametersOf, shapeOf } from './layer.js';

function opaque(from: CaffeLayer, shape: readonly number[]): readonly string[] {
  const { builder, layer, bottoms, results } = from;
  const [name = layer.name] = results;
  return builder.addOpaque(layer.name, layer.type, bottoms, [{ name, shape, type: 'float32' }]);
}

/** Boxes at every pixel of the first input: [1, 2 (places, variances), 4 · boxes]. */
const priorBox: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'prior_box_param');
  const ratios = new Set([1]);
  const flip = parameters.flag('flip', true);
  for (const ratio of parameters.numbers('aspect_ratio')) {
    ratios.add(ratio);
    if (flip) ratios.add(1 / ratio);
  }
  const [min, max] = [parameters.numbers('min_size'), parameters.numbers('max_size')];
  parameters.ignore(
    'clip',
    'variance',
    'img_size',
    'img_h',
    'img_w',
    'step',
    'step_h',
    'step_w',
    'offset',
  );
  const [, , height = 1, width = 1] = shapeOf(from, from.bottoms[0] as string);
  return opaque(from, [1, 2, height * width * (ratios.size * min.length + max.length) * 4]);
};

/** At most so many boxes of [image, label, score, 4 corners]. */
const detectionOutput: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'detection_output_param');
  const keep = parameters.number('keep_top_k', -1);
  parameters.ignore(
    ...[
      'num_classes',
      'share_location',
      'background_label_id',
      'nms_param',
      'save_output_param',
      'code_type',
    ],
    ...[
      'variance_encoded_in_target',
      'confidence_threshold',
      'visualize',
      'visualize_threshold',
      'save_file',
    ],
    ...['objectness_score', 'top_k', 'eta'],
  );
  if (!(keep >= 1)) throw from.layer.fault(`keep_top_k of ${keep}`, 'a number of boxes');
  return opaque(from, [1, 1, keep, 7]);
};

/** As many boxes as there are candidates: one for each anchor of each pixel. */
const yolo =
  (kind: string): CaffeRow =>
  (from) => {
    const parameters = parametersOf(from, kind);
    const classes = parameters.number('num_classes', parameters.number('classes', 20));
    parameters.ignore(
      ...[
        'biases',
        'anchors',
        'mask',
        'mask_group_num',
        'anchors_scale',
        'confidence_threshold',
        'nms_threshold',
      ],
      ...[
        'num',
        'num_box',
        'coords',
        'side',
        'gaussian_box',
        'objectness_score',
        'ignore_thresh',
        'thresh',
      ],
    );
    const boxes = from.bottoms.reduce((sum, bottom) => {
      const [, channels = 1, height = 1, width = 1] = shapeOf(from, bottom);
      return sum + Math.max(1, Math.floor(channels / (5 + classes))) * height * width;
    }, 0);
    return opaque(from, [1, 1, boxes, 7]);
  };

/** Darknet's: blocks of pixels become channels. */
const reorg: CaffeRow = (from) => {
  const parameters = parametersOf(from, 'reorg_param');
  const stride = parameters.number('stride', 2);
  const isReverse = parameters.flag('reverse', false);
  const [images = 1, channels = 1, height = 1, width = 1] = shapeOf(from, first(from));
  const block = stride ** 2;
  const shape = isReverse
    ? [images, channels / block, height * stride, width * stride]
    : [images, channels * block, height / stride, width / stride];
  if (!shape.every(Number.isInteger))
    throw from.layer.fault(`a result of ${shape.join('×')}`, 'whole numbers');
  return opaque(from, shape);
};

export const detectionRows: Readonly<Record<string, CaffeRow>> = {
  PriorBox: priorBox,
  DetectionOutput: detectionOutput,
  Yolov3DetectionOutput: yolo('yolov3_detection_output_param'),
  YoloDetectionOutput: yolo('yolo_detection_output_param'),
  Yolov3: yolo('yolov3_param'),
  Region: yolo('region_param'),
  RegionOutput: yolo('region_output_param'),
  Reorg: reorg,
};
