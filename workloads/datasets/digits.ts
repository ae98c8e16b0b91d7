// A data set that needs no download: digits of 28×28 pixels drawn from pen strokes, each with its
// own hand (control points, slant, size, place), smooth distortion, pen width and noise. The same
// seed gives the same pictures.

import { probit } from 'simple-statistics';
import { createRandom, type Random } from '../base/random.js';
import type { Image } from '../demand.js';
import { type DataSet, grayNormalisation, type Labelled, type PartName } from './dataset.js';
import { glyphs, type Point, type Stroke } from './strokes.js';

export const DIGIT_SHAPE: Image = [1, 28, 28];
const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;

/**
 * How far hands differ. Lengths are shares of the digit's height, angles radians; standard
 * deviations unless said.
 */
const HAND = {
  controlPoint: 0.045,
  rotation: 0.17,
  shear: 0.24,
  /** Logarithm of the size, and of width against height. */
  size: 0.1,
  aspect: 0.16,
  /** Of the centre, in pixels. */
  shift: 1.1,
  /** Amplitude of each smooth wave of the distortion. */
  warp: 0.05,
  /** Half the pen's width in pixels, least and most. */
  pen: [0.65, 1.5],
  /** Ink, least and most. */
  ink: [0.7, 1],
  /** Noise of each pixel, shares of full ink. */
  noise: 0.1,
  /** Chance of a stray mark somewhere. */
  clutter: 0.3,
} as const;

/** Height of an average digit in pixels, as in MNIST. */
const HEIGHT = 20;
/** Straight pieces between two control points. */
const PIECES = 6;

/** Pixel noise as quantiles: one draw a pixel is most of the time that a picture takes. */
const GRAINS = Float64Array.from(
  { length: 1024 },
  (_, at) => HAND.noise * probit((at + 0.5) / 1024),
);

export const PROCEDURAL_SIZES = { train: 8_000, validation: 2_000, test: 5_000 } as const;

/** The whole data set: each part has its own stream of pictures, so none is in two parts. */
export function proceduralDigits(
  seed: number,
  sizes: Readonly<Record<PartName, number>> = PROCEDURAL_SIZES,
): DataSet {
  return {
    kind: 'pictures',
    name: 'procedural',
    title: 'digits drawn from strokes',
    shape: DIGIT_SHAPE,
    classes: CLASSES,
    normalisation: grayNormalisation,
    origin: 'synthetic',
    train: drawDigits(sizes.train, seed, 'train'),
    validation: drawDigits(sizes.validation, seed, 'validation'),
    test: drawDigits(sizes.test, seed, 'test'),
  };
}

/** `count` pictures, [count][28][28] white on black, the ten classes in turn. */
export function drawDigits(count: number, seed: number, part: string): Labelled {
  const images = new Uint8Array(count * PIXELS);
  const labels = Uint8Array.from({ length: count }, (_, at) => at % CLASSES);
  const random = createRandom(seed, `procedural digits/${part}`);
  const canvas = new Float64Array(PIXELS);
  labels.forEach((digit, at) => {
    drawDigit(digit, random, canvas);
    for (let pixel = 0; pixel < PIXELS; pixel++)
      images[at * PIXELS + pixel] = Math.round(255 * (canvas[pixel] as number));
  });
  return { images, labels };
}

/** One picture into `canvas`, [28][28], 0 to 1. */
function drawDigit(digit: number, random: Random, canvas: Float64Array): void {
  const ways = glyphs[digit] ?? [];
  const glyph = ways[random.below(ways.length)] ?? [];
  const place = drawHand(random);
  const radius = between(HAND.pen, random);
  const ink = between(HAND.ink, random);
  canvas.fill(0);
  for (const stroke of glyph) paint(canvas, stroke.map(place), radius, ink);
  if (random.uniform() < HAND.clutter)
    paint(canvas, strayMark(random), 0.6, ink * random.uniform());
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const noisy = (canvas[pixel] as number) + (GRAINS[random.below(GRAINS.length)] as number);
    // Bare paper stays black but for the strongest grains.
    canvas[pixel] = noisy < 2 * HAND.noise ? 0 : Math.min(1, noisy);
  }
}

/**
 * Where a hand puts a point of the unit square, in pixels: jitter, smooth distortion, slant, turn,
 * size and place.
 */
function drawHand(random: Random): (point: Point) => Point {
  const turn = HAND.rotation * normal(random);
  const shear = HAND.shear * normal(random);
  const size = HEIGHT * Math.exp(HAND.size * normal(random));
  const aspect = 0.8 * Math.exp(HAND.aspect * normal(random));
  const centre: Point = [
    SIDE / 2 + HAND.shift * normal(random),
    SIDE / 2 + HAND.shift * normal(random),
  ];
  const waves = Array.from({ length: 4 }, () => drawWave(random));
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return ([x, y]) => {
    let u = x - 0.5 + HAND.controlPoint * normal(random);
    let v = y - 0.5 + HAND.controlPoint * normal(random);
    for (const wave of waves) {
      const lift = wave.amplitude * Math.sin(wave.alongX * x + wave.alongY * y + wave.phase);
      u += lift * wave.direction[0];
      v += lift * wave.direction[1];
    }
    u = (u - shear * v) * aspect;
    return [centre[0] + size * (u * cos - v * sin), centre[1] + size * (u * sin + v * cos)];
  };
}

function drawWave(random: Random) {
  const angle = 2 * Math.PI * random.uniform();
  return {
    amplitude: HAND.warp * normal(random),
    alongX: 5 * normal(random),
    alongY: 5 * normal(random),
    phase: 2 * Math.PI * random.uniform(),
    direction: [Math.cos(angle), Math.sin(angle)] as const,
  };
}

function strayMark(random: Random): Stroke {
  const [x, y] = [SIDE * random.uniform(), SIDE * random.uniform()];
  return [
    [x, y],
    [x + 3 * normal(random), y + 3 * normal(random)],
  ];
}

/** Draws a curve through the points with a round pen; where strokes cross, the darker one shows. */
function paint(canvas: Float64Array, points: Stroke, radius: number, ink: number): void {
  let previous = points[0] as Point;
  for (let at = 0; at + 1 < points.length; at++) {
    for (let piece = 1; piece <= PIECES; piece++) {
      const next = onCurve(points, at, piece / PIECES);
      paintLine(canvas, previous, next, radius, ink);
      previous = next;
    }
  }
}

/** Catmull–Rom spline between points `at` and `at + 1`; the ends are their own neighbours. */
function onCurve(points: Stroke, at: number, t: number): Point {
  const p1 = points[at] as Point;
  const p2 = points[at + 1] as Point;
  const p0 = points[at - 1] ?? p1;
  const p3 = points[at + 2] ?? p2;
  const along = (axis: 0 | 1) =>
    0.5 *
    (2 * p1[axis] +
      (p2[axis] - p0[axis]) * t +
      (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * t * t +
      (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * t * t * t);
  return [along(0), along(1)];
}

/** A straight line whose edge fades over one pixel. */
function paintLine(
  canvas: Float64Array,
  from: Point,
  to: Point,
  radius: number,
  ink: number,
): void {
  const reach = radius + 1;
  const [x1, y1] = from;
  const [dx, dy] = [to[0] - x1, to[1] - y1];
  const squared = dx * dx + dy * dy || 1;
  const first = (a: number, b: number) => Math.max(0, Math.floor(Math.min(a, b) - reach));
  const last = (a: number, b: number) => Math.min(SIDE - 1, Math.ceil(Math.max(a, b) + reach));
  for (let y = first(y1, to[1]); y <= last(y1, to[1]); y++) {
    for (let x = first(x1, to[0]); x <= last(x1, to[0]); x++) {
      const t = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / squared));
      const distance = Math.hypot(x1 + t * dx - x, y1 + t * dy - y);
      const cover = ink * Math.max(0, Math.min(1, radius + 0.5 - distance));
      if (cover > (canvas[y * SIDE + x] as number)) canvas[y * SIDE + x] = cover;
    }
  }
}

function between([min, max]: readonly [number, number], random: Random): number {
  return min + (max - min) * random.uniform();
}

/** Standard normal, by the inverse of its distribution. */
function normal(random: Random): number {
  return probit(random.uniform());
}
