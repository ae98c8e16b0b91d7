// YOLOv8 nano (Ultralytics, 2023; yolov8.yaml at scale n) on pictures of 640×640: for each of three
// resolutions what says where boxes end (64 numbers a place) and what is in them (80 classes). The
// expected value over each side's 16 numbers and the suppression of overlapping boxes, which come
// after it, are left out.

import { Sketch } from '../architectures/sketch.js';
import { buildNetwork } from '../graph.js';
import { fixed } from './dimensions.js';
import { conv, denseEstimate } from './entry.js';
import { normalised } from './excitation.js';

const [SIDE, CLASSES, SIDE_BINS] = [640, 80, 16];

/** A tensor's name, and its channels and side. */
interface Plane {
  readonly name: string;
  readonly channels: number;
  readonly side: number;
}

export const yolov8n = fixed('yolov8n', () => {
  const sketch = new Sketch();
  const convolve = (
    name: string,
    input: Plane,
    channels: number,
    kernel: number,
    stride = 1,
  ): Plane => ({
    name: normalised(sketch, name, input.name, { channels, kernel, stride, activation: 'swish' }),
    ...{ channels, side: input.side / stride },
  });
  const join = (name: string, ...[first, ...others]: readonly [Plane, ...Plane[]]): Plane => ({
    name: sketch.concat(name, 1, first.name, ...others.map((plane) => plane.name)),
    channels: others.reduce((sum, { channels }) => sum + channels, first.channels),
    side: first.side,
  });
  /**
   * Cross-stage partial block: half of the channels pass by, half through `depth` bottlenecks, all
   * of them joined.
   */
  const c2f = (
    name: string,
    input: Plane,
    channels: number,
    depth: number,
    passes: boolean,
  ): Plane => {
    const half = channels / 2;
    const both = convolve(`${name}.cv1`, input, channels, 1);
    const parts = sketch.split(`${name}.split`, both.name, 1, [half, half]);
    const planes = parts.map((part): Plane => ({ name: part, channels: half, side: input.side }));
    for (let at = 0; at < depth; at++) {
      const before = planes.at(-1) as Plane;
      const own = `${name}.m.${at}`;
      const after = convolve(`${own}.cv2`, convolve(`${own}.cv1`, before, half, 3), half, 3);
      planes.push(
        passes ? { ...after, name: sketch.sum(`${own}.add`, before.name, after.name) } : after,
      );
    }
    return convolve(
      `${name}.cv2`,
      join(`${name}.concat`, ...(planes as [Plane, ...Plane[]])),
      channels,
      1,
    );
  };
  /** Maxima over 5, 9 and 13 pixels, joined. */
  const sppf = (name: string, input: Plane, channels: number): Plane => {
    const planes: [Plane, ...Plane[]] = [convolve(`${name}.cv1`, input, channels / 2, 1)];
    for (let at = 0; at < 3; at++) {
      const before = planes.at(-1) as Plane;
      const pool = {
        kind: 'pool2d',
        mode: 'max',
        kernel: 5,
        stride: 1,
        pad: 2,
        rounding: 'floor',
      } as const;
      planes.push({
        ...before,
        name: sketch.add({ ...pool, name: `${name}.m.${at}`, inputs: [before.name] }),
      });
    }
    return convolve(`${name}.cv2`, join(`${name}.concat`, ...planes), channels, 1);
  };
  const double = (name: string, { name: input, channels, side }: Plane): Plane => ({
    name: sketch.add({
      ...{
        kind: 'resize',
        name,
        inputs: [input],
        mode: 'nearest',
        nearestMode: 'floor',
        coordinates: 'asymmetric',
      },
      ...{ shape: [1, channels, 2 * side, 2 * side], scales: [1, 1, 2, 2] },
    }),
    ...{ channels, side: 2 * side },
  });
  const detect = (at: number, input: Plane): string => {
    const branch = (name: string, width: number, outputs: number) => {
      const own = `model.22.${name}.${at}`;
      const second = convolve(`${own}.1`, convolve(`${own}.0`, input, width, 3), width, 3);
      return sketch.add(
        conv(`${own}.2`, outputs, 1, { inputs: [second.name], activation: 'none' }),
      );
    };
    const boxes = branch('cv2', 4 * SIDE_BINS, 4 * SIDE_BINS);
    return sketch.concat(`output${at}`, 1, boxes, branch('cv3', CLASSES, CLASSES));
  };

  const stem = convolve('model.0', { name: 'images', channels: 3, side: SIDE }, 16, 3, 2);
  const two = c2f('model.2', convolve('model.1', stem, 32, 3, 2), 32, 1, true);
  const four = c2f('model.4', convolve('model.3', two, 64, 3, 2), 64, 2, true);
  const six = c2f('model.6', convolve('model.5', four, 128, 3, 2), 128, 2, true);
  const nine = sppf(
    'model.9',
    c2f('model.8', convolve('model.7', six, 256, 3, 2), 256, 1, true),
    256,
  );
  const twelve = c2f('model.12', join('model.11', double('model.10', nine), six), 128, 1, false);
  const fine = c2f('model.15', join('model.14', double('model.13', twelve), four), 64, 1, false);
  const middle = c2f(
    'model.18',
    join('model.17', convolve('model.16', fine, 64, 3, 2), twelve),
    128,
    1,
    false,
  );
  const coarse = c2f(
    'model.21',
    join('model.20', convolve('model.19', middle, 128, 3, 2), nine),
    256,
    1,
    false,
  );
  const network = buildNetwork({
    name: 'yolov8n',
    title: 'YOLOv8 nano, 640×640, COCO',
    inputs: [{ name: 'images', shape: [1, 3, SIDE, SIDE], type: 'float32' }],
    outputs: [fine, middle, coarse].map((plane, at) => detect(at, plane)),
    ...{ layers: sketch.layers, constants: sketch.constants },
    source: {
      work: 'Jocher et al., Ultralytics YOLOv8, 2023',
      at: 'ultralytics/cfg/models/v8/yolov8.yaml, scale n',
    },
  });
  return {
    network,
    densities: denseEstimate(network),
    preprocessing: {
      resize: SIDE,
      crop: SIDE,
      channelOrder: 'rgb',
      mean: [0, 0, 0],
      scale: 1 / 255,
    },
  };
});
