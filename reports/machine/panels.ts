// Where the parts of a drawn device lie: the chip, one instance of its arrays magnified, and what is
// off the chip beside it.

import type { Block } from '../../hw-models/contract.js';
import { type Floorplan, floorplanOf } from './floorplan.js';

export interface Panel {
  readonly x: number;
  readonly y: number;
  readonly plan: Floorplan;
  /** The array of which one instance is shown; null for the chip. */
  readonly of: Block | null;
  readonly instances: number;
}

export interface Panels {
  readonly width: number;
  readonly height: number;
  readonly panels: readonly Panel[];
  readonly offChip: readonly {
    readonly block: Block;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
}

/** Above each panel for its title, below it for its scale. */
const TITLE = 20;
const SCALE = 26;
const GAP = 18;
const OFF_CHIP = { width: 104, height: 52 };
/** Below this width panels stand below each other. */
const SIDE_BY_SIDE = 560;
/** Arrays magnified besides the chip. */
const MAX_MAGNIFIED = 2;

export function panelsOf(structure: readonly Block[], width: number): Panels {
  const onChip = structure.filter(({ offChip }) => !offChip);
  const beside = structure.filter(({ offChip }) => offChip);
  const magnified = magnifiedIn(onChip, 1).slice(0, MAX_MAGNIFIED);
  const wide = width >= SIDE_BY_SIDE;
  const left = wide && beside.length > 0 ? OFF_CHIP.width + GAP : 0;
  const top = wide ? 0 : beside.length * (OFF_CHIP.height + GAP);
  const columns = wide && magnified.length > 0 ? 2 : 1;
  const across = (width - left - (columns - 1) * GAP) / columns;
  const down = Math.min(columns === 1 ? 320 : 400, 0.8 * across);
  const panels: Panel[] = [
    {
      ...{ x: left, y: top + TITLE, of: null, instances: 1 },
      plan: floorplanOf(onChip, across, down),
    },
  ];
  const stacked = wide ? magnified.length : 1;
  const each = (down - (stacked - 1) * (TITLE + SCALE)) / stacked;
  for (const [at, { block, instances }] of magnified.entries()) {
    panels.push({
      ...{ of: block, instances },
      x: wide ? left + across + GAP : 0,
      y: TITLE + (wide ? at * (each + TITLE + SCALE) : top + (at + 1) * (down + TITLE + SCALE)),
      plan: floorplanOf(block.inside, across, each),
    });
  }
  const offChip = beside.map((block, at) => ({
    ...{ block, x: 0, width: wide ? OFF_CHIP.width : width, height: OFF_CHIP.height },
    y: wide
      ? TITLE + (down - OFF_CHIP.height) / 2 + at * (OFF_CHIP.height + GAP)
      : at * (OFF_CHIP.height + GAP),
  }));
  const height = Math.max(...panels.map(({ y, plan }) => y + plan.height)) + SCALE;
  return { width, height, panels, offChip };
}

/** Arrays whose instances consist of several blocks, from the outside in. */
function magnifiedIn(
  blocks: readonly Block[],
  around: number,
): readonly { readonly block: Block; readonly instances: number }[] {
  return blocks.flatMap((block) => {
    const instances = around * block.columns * block.rows;
    const within = magnifiedIn(block.inside, instances);
    const shows = block.kind === 'array' && instances > 1 && block.inside.length > 1;
    return shows ? [{ block, instances }, ...within] : within;
  });
}
