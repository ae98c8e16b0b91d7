// Names beside marks: as many as have room, none over another one or over a mark.

import { FONT_PIXELS } from './look.js';
import { textWidth } from './text-width.js';

/** A mark in pixels from the upper left corner of the plot. */
export interface Marked {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

export interface Placed<Mark> {
  readonly mark: Mark;
  /** The side of the mark on which its name stands. */
  readonly side: 'left' | 'right';
}

/** Pixels between a mark's middle and its name. */
export const BESIDE = 8;
const HALF_LINE = FONT_PIXELS * 0.62;
const HALF_MARK = 4;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const meet = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/**
 * The names that have room in a plot of `width` pixels, on the `best` side or else on the other;
 * those of earlier marks come first.
 */
export function placeNames<Mark extends Marked>(
  marks: readonly Mark[],
  width: number,
  best: 'left' | 'right',
): readonly Placed<Mark>[] {
  const around = ({ x, y }: Marked): Box => ({
    ...{ left: x - HALF_MARK, right: x + HALF_MARK },
    ...{ top: y - HALF_MARK, bottom: y + HALF_MARK },
  });
  const boxes = marks.map(around);
  return marks.flatMap((mark): readonly Placed<Mark>[] => {
    const wide = textWidth(mark.name, FONT_PIXELS, false);
    const [top, bottom] = [mark.y - HALF_LINE, mark.y + HALF_LINE];
    const sides = {
      right: { left: mark.x + BESIDE, right: mark.x + BESIDE + wide, top, bottom },
      left: { left: mark.x - BESIDE - wide, right: mark.x - BESIDE, top, bottom },
    };
    for (const side of [best, best === 'left' ? 'right' : 'left'] as const) {
      const box = sides[side];
      if (box.left < 0 || box.right > width || boxes.some((other) => meet(other, box))) continue;
      boxes.push(box);
      return [{ mark, side }];
    }
    return [];
  });
}

/** '…activity.spmatRead': as much of a path's end, where it differs from others, as has room. */
export function endOf(path: string, pixels: number): string {
  const parts = path.split('.');
  for (let from = 0; from < parts.length; from++) {
    const text = `${from > 0 ? '…' : ''}${parts.slice(from).join('.')}`;
    if (textWidth(text, FONT_PIXELS, false) <= pixels || from === parts.length - 1) return text;
  }
  return path;
}
