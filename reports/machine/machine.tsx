// Draws a device to scale of area, its blocks lit by how far they were in use or by the energy that
// was spent in them: for the explorer's page and for reports.

import type { ComponentChildren } from 'preact';
import type { Block, Load } from '../../hw-models/contract.js';
import { FONT, FONT_PIXELS } from '../charts/look.js';
import { color } from '../charts/palette.js';
import { textWidth } from '../charts/text-width.js';
import { count, percent, quantity } from '../quantity.js';
import type { PlacedBlock } from './floorplan.js';
import { heatHue, heatOpacity } from './heat.js';
import { type Panel, panelsOf } from './panels.js';
import type { Rectangle } from './treemap.js';
import type { BlockUse, Use } from './use.js';

export type Lit = 'use' | 'energy';

export interface MachineProps {
  readonly structure: readonly Block[];
  readonly use: Use;
  /** Of the units in the innermost array, where each of them is known. */
  readonly load: Load | null;
  readonly lit: Lit;
  /** Pixels across. */
  readonly width: number;
  /** What is drawn, for those who do not see it: 'eie-64 on alex-6'. */
  readonly name: string;
}

const LINE = 14;
/** Rectangles of a path whose outlines would hide what is in them. */
const MANY = 256;
/** Steps of light, so that a device of a thousand PEs is a handful of paths. */
const STEPS = 10;

export function Machine({ structure, use, load, lit, width, name }: MachineProps) {
  const { height, panels, offChip } = panelsOf(structure, width);
  const uses = new Map(use.blocks.map((each) => [each.block, each]));
  const light = lightOf(use, lit);
  const [chip] = panels;
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={spoken(name, use, lit)}
      font-family={FONT}
      font-size={FONT_PIXELS}
    >
      {offChip.map(({ block, x, y, ...size }) => (
        <g key={block.name}>
          {chip && <Link from={{ x, y, ...size }} chip={chip} share={light(uses.get(block))} />}
          <rect
            {...{ x, y, ...size }}
            fill={hueOf(lit)}
            fill-opacity={heatOpacity(light(uses.get(block)))}
            stroke={color('muted')}
            stroke-dasharray="4 3"
          />
          <Label
            room={{ x, y, ...size }}
            lines={[spokenName(block), ...valueLines(uses.get(block), use, lit), 'off the chip']}
          />
        </g>
      ))}
      {panels.map((panel) => (
        <PanelDrawing key={panel.of?.name ?? ''} {...{ panel, uses, use, load, lit, light }} />
      ))}
    </svg>
  );
}

/** What a title says of a drawing that is not to scale of area. */
const SCALES = { area: '', capacity: ', to scale of capacity', none: ', not to scale' } as const;

type LightOf = (use: BlockUse | undefined) => number | null;

/** From 0 to 1: the share of the time, or of the most energy that a block of the chip takes. */
function lightOf({ blocks }: Use, lit: Lit): LightOf {
  if (lit === 'use') return (of) => (of && of.busy !== null ? of.busy : null);
  const most = Math.max(...blocks.map(({ block, joules }) => (block.offChip ? 0 : (joules ?? 0))));
  return (of) => (of && of.joules !== null && most > 0 ? Math.min(1, of.joules / most) : null);
}

const hueOf = (lit: Lit) => heatHue(lit === 'use' ? 'time' : 'energy');

function PanelDrawing({
  panel: { x, y, plan, of, instances },
  uses,
  use,
  load,
  lit,
  light,
}: {
  readonly panel: Panel;
  readonly uses: ReadonlyMap<Block, BlockUse>;
  readonly use: Use;
  readonly load: Load | null;
  readonly lit: Lit;
  readonly light: LightOf;
}) {
  const { width, height, areaMm2, scale, leaves, arrays } = plan;
  const several = arrays.filter(({ block: { columns, rows } }) => columns * rows > 1);
  // What an array of several consists of is named where one of them is magnified.
  const magnified = new Set(several.flatMap(({ block }) => within(block)));
  return (
    <g transform={`translate(${round(x)} ${round(y)})`}>
      <Text x={0} y={-7} bold>
        {of ? `${of.name}: one of ${count(instances)}, magnified` : 'the chip'}
        {areaMm2 === null ? SCALES[scale] : `, ${Number(areaMm2.toPrecision(3))} mm²`}
      </Text>
      {leaves.map((leaf) => (
        <Leaf
          key={leaf.block.name}
          {...{ leaf, load: of ? null : load, lit, light }}
          own={uses.get(leaf.block)}
        />
      ))}
      {arrays.map(({ block, rectangles }) => (
        <path
          key={block.name}
          d={outline(rectangles)}
          fill="none"
          stroke={(light(uses.get(block)) ?? 0) > 0 ? hueOf(lit) : color('ink')}
          stroke-width={1.5 + 3 * (light(uses.get(block)) ?? 0)}
        >
          <title>{titleFor(uses.get(block), block)}</title>
        </path>
      ))}
      {leaves.map(({ block, rectangles: [first] }) =>
        first && !magnified.has(block) ? (
          <Label
            key={block.name}
            room={first}
            lines={[spokenName(block), ...valueLines(uses.get(block), use, lit)]}
          />
        ) : null,
      )}
      {several.map(({ block, rectangles: [first] }) =>
        first ? (
          <Label
            key={block.name}
            room={first}
            lines={[gridText(block), ...onlyLines(block, uses, use, lit)]}
          />
        ) : null,
      )}
      {areaMm2 !== null && <ScaleBar {...{ width, height, areaMm2 }} />}
    </g>
  );
}

/** All blocks inside of one. */
const within = ({ inside }: Block): readonly Block[] =>
  inside.flatMap((block) => [block, ...within(block)]);

/** An array of one block speaks for it: its instances have no room for words. */
function onlyLines(
  { inside: [only, another] }: Block,
  uses: ReadonlyMap<Block, BlockUse>,
  use: Use,
  lit: Lit,
): readonly string[] {
  return only && !another ? valueLines(uses.get(only), use, lit) : [];
}

const gridText = ({ name, columns, rows }: Block) =>
  `${name}: ${rows > 1 ? `${columns} × ${rows}` : columns}`;

/** All rectangles of a block: one path where all are equally lit. */
function Leaf({
  leaf: { block, rectangles, each },
  own,
  load,
  lit,
  light,
}: {
  readonly leaf: PlacedBlock;
  readonly own: BlockUse | undefined;
  readonly load: Load | null;
  readonly lit: Lit;
  readonly light: LightOf;
}) {
  const mean = light(own);
  const isEach =
    lit === 'use' &&
    block.kind === 'arithmetic' &&
    each === 1 &&
    load?.busyCycles.length === rectangles.length;
  // What a unit's load counts may be more than this block's use: each has its part of the mean.
  const meanLoad = isEach ? sum(load.busyCycles) / rectangles.length : 0;
  const shares = rectangles.map((_, at) =>
    meanLoad > 0 && mean !== null ? (mean * (load?.busyCycles[at] ?? 0)) / meanLoad : mean,
  );
  const bySteps = new Map<number | null, Rectangle[]>();
  for (const [at, rectangle] of rectangles.entries()) {
    const share = shares[at] ?? null;
    const step = share === null ? null : Math.round(Math.min(1, share) * STEPS);
    const some = bySteps.get(step) ?? [];
    some.push(rectangle);
    bySteps.set(step, some);
  }
  return (
    <g>
      {[...bySteps].map(([step, some]) => (
        <path
          key={step}
          d={outline(some)}
          fill={hueOf(lit)}
          fill-opacity={heatOpacity(step === null ? null : step / STEPS)}
          stroke={color('muted')}
          stroke-width={some.length > MANY ? 0.3 : 0.7}
          {...(step === null ? { 'stroke-dasharray': '3 2' } : {})}
        >
          <title>{titleFor(own, block)}</title>
        </path>
      ))}
    </g>
  );
}

/** The way between the chip and what is beside it, as wide as it is lit. */
function Link({
  from,
  chip: { x, y, plan },
  share,
}: {
  readonly from: Rectangle;
  readonly chip: Panel;
  readonly share: number | null;
}) {
  const beside = from.x + from.width < x;
  const [startX, startY] = beside
    ? [from.x + from.width, from.y + from.height / 2]
    : [from.x + from.width / 2, from.y + from.height];
  const [endX, endY] = beside ? [x, startY] : [startX, y];
  return (
    <line
      {...{ x1: startX, y1: startY, x2: endX, y2: Math.min(endY, y + plan.height) }}
      stroke={color('muted')}
      stroke-width={1 + 7 * (share ?? 0)}
    />
  );
}

/**
 * Lines of text in the middle of a rectangle: the name alone, or in several lines, where there is
 * no room for more.
 */
function Label({ room, lines }: { readonly room: Rectangle; readonly lines: readonly string[] }) {
  const fitting = linesIn(room, lines);
  if (!fitting) return null;
  const { names, values } = fitting;
  const shown = [...names, ...values];
  const top = room.y + (room.height - shown.length * LINE) / 2;
  return (
    <g pointer-events="none">
      {shown.map((text, at) => (
        <Text
          key={text}
          x={room.x + room.width / 2}
          y={top + (at + 0.75) * LINE}
          middle
          bold={at < names.length}
        >
          {text}
        </Text>
      ))}
    </g>
  );
}

/** A block's name and values in lines that a rectangle has room for; null where the name has none. */
function linesIn(room: Rectangle, [name = '', ...others]: readonly string[]) {
  const fits = (line: string) => textWidth(line, FONT_PIXELS, false) <= room.width - 4;
  const most = Math.floor((room.height - 4) / LINE);
  const names = fits(name) ? [name] : name.split(/ |(?<=-)/);
  if (names.length > most || !names.every(fits)) return null;
  // A value without its name says nothing, and half of a value neither.
  const broken = others.flatMap((line) => (fits(line) ? [line] : line.split(/ (?=in use$)/)));
  const hasRoom = names.length + broken.length <= most && broken.every(fits);
  return { names, values: hasRoom ? broken : [] };
}

function Text({
  x,
  y,
  children,
  bold = false,
  middle = false,
}: {
  readonly x: number;
  readonly y: number;
  readonly children: ComponentChildren;
  readonly bold?: boolean;
  readonly middle?: boolean;
}) {
  return (
    <text
      x={round(x)}
      y={round(y)}
      fill={color('ink')}
      stroke={color('panel')}
      stroke-width={3}
      stroke-opacity={0.7}
      paint-order="stroke"
      {...(middle ? { 'text-anchor': 'middle' } : {})}
      {...(bold ? { 'font-weight': 'bold' } : {})}
    >
      {children}
    </text>
  );
}

/** A round length in mm, below a plan. */
function ScaleBar({
  width,
  height,
  areaMm2,
}: {
  readonly width: number;
  readonly height: number;
  readonly areaMm2: number;
}) {
  const pixelsPerMm = Math.sqrt((width * height) / areaMm2);
  const longest = width / 3 / pixelsPerMm;
  const power = 10 ** Math.floor(Math.log10(longest));
  const length = ([5, 2].find((digit) => digit * power <= longest) ?? 1) * power;
  const [y, end] = [height + 8, round(length * pixelsPerMm)];
  return (
    <g>
      <path d={`M0 ${y - 3}v6M0 ${y}h${end}m0 -3v6`} stroke={color('ink')} fill="none" />
      <Text x={end + 6} y={y + 4}>
        {lengthText(length)}
      </Text>
    </g>
  );
}

const lengthText = (mm: number) =>
  mm >= 1 ? `${mm} mm` : `${Number((1000 * mm).toPrecision(1))} µm`;

/** What a block's number is, in the lines under its name. */
function valueLines(own: BlockUse | undefined, { joules }: Use, lit: Lit): readonly string[] {
  if (!own) return [];
  if (lit === 'use') return [own.busy === null ? 'use not counted' : `${percent(own.busy)} in use`];
  if (own.joules === null) return [];
  return [joules ? percent(own.joules / joules) : quantity(own.joules, 'J')];
}

const titleFor = (own: BlockUse | undefined, block: Block) =>
  own ? titleOf(own) : spokenName(block);

const spokenName = ({ name }: Block) => name.replaceAll('_', ' ');

function titleOf({ block, instances, areaMm2, busy, joules }: BlockUse): string {
  return [
    instances > 1 ? `${spokenName(block)}, ${count(instances)} of them` : spokenName(block),
    ...(block.bytes === undefined ? [] : [quantity(block.bytes, 'B')]),
    ...(areaMm2 !== null && areaMm2 > 0 ? [`${Number(areaMm2.toPrecision(3))} mm²`] : []),
    ...(busy === null ? [] : [`${percent(busy)} of the time in use`]),
    ...(joules === null ? [] : [quantity(joules, 'J')]),
  ].join(': ');
}

/** The largest parts, for those who do not see the drawing. */
export function spoken(name: string, use: Use, lit: Lit): string {
  const valued = use.blocks.flatMap((own) => {
    const value = lit === 'use' ? own.busy : own.joules;
    return value === null ? [] : [{ own, value }];
  });
  const largest = valued.sort((a, b) => b.value - a.value).slice(0, 4);
  const by = lit === 'use' ? 'by how far it is in use' : 'by energy';
  const parts = largest.map(
    ({ own, value }) =>
      `${spokenName(own.block)} ${lit === 'use' ? percent(value) : quantity(value, 'J')}`,
  );
  return `${name}, ${by}: ${parts.join(', ')}`;
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

const round = (value: number) => Math.round(value * 100) / 100;

const outline = (rectangles: readonly Rectangle[]) =>
  rectangles
    .map(
      ({ x, y, width, height }) =>
        `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${-round(width)}z`,
    )
    .join('');
