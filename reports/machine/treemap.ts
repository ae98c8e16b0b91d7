// Rectangles whose areas are as given, side by side without gaps, near to squares: Bruls, Huizing
// and van Wijk, "Squarified Treemaps", 2000.

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * `width` × `height` shared out in proportion to `areas`, none of them negative, in their order.
 * What has no area gets a rectangle without any.
 */
export function treemap(
  areas: readonly number[],
  width: number,
  height: number,
): readonly Rectangle[] {
  const whole = areas.reduce((sum, area) => sum + area, 0);
  const placed: Rectangle[] = areas.map(() => ({ x: 0, y: 0, width: 0, height: 0 }));
  if (whole <= 0) return placed;
  const scale = (width * height) / whole;
  const rest = areas
    .map((area, at) => ({ at, area: area * scale }))
    .filter(({ area }) => area > 0)
    .sort((a, b) => b.area - a.area);
  let free: Rectangle = { x: 0, y: 0, width, height };
  while (rest.length > 0) {
    const side = Math.min(free.width, free.height);
    let strip = rest.slice(0, 1);
    while (strip.length < rest.length) {
      const longer = rest.slice(0, strip.length + 1);
      if (slimmest(longer, side) > slimmest(strip, side)) break;
      strip = longer;
    }
    rest.splice(0, strip.length);
    const isLast = rest.length === 0;
    const thick = isLast
      ? Math.max(free.width, free.height)
      : strip.reduce((sum, { area }) => sum + area, 0) / side;
    let along = 0;
    for (const { at, area } of strip) {
      const length = area / thick;
      placed[at] =
        free.width >= free.height
          ? { x: free.x, y: free.y + along, width: thick, height: length }
          : { x: free.x + along, y: free.y, width: length, height: thick };
      along += length;
    }
    free =
      free.width >= free.height
        ? { ...free, x: free.x + thick, width: free.width - thick }
        : { ...free, y: free.y + thick, height: free.height - thick };
  }
  return placed;
}

/** The longer over the shorter side of the slimmest of a strip along `side`. */
function slimmest(strip: readonly { readonly area: number }[], side: number): number {
  const thick = strip.reduce((sum, { area }) => sum + area, 0) / side;
  return Math.max(
    ...strip.map(({ area }) => {
      const length = area / thick;
      return Math.max(thick / length, length / thick);
    }),
  );
}
