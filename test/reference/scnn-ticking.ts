// SCNN, issue by issue and bank by bank: slow, and obviously right. Operands are really compressed,
// coordinates really decoded from counts of zeros, products really sent to the bank of their output
// and added there, one a bank and cycle.

export interface TickedLayer {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Top and left. */
  readonly pad: readonly [number, number];
  readonly groups: number;
  /** [outputs, channels / groups, kernel rows, kernel columns] */
  readonly weights: ArrayLike<number>;
  /** [channels, height, width] */
  readonly activations: ArrayLike<number>;
}

export interface TickedDesign {
  readonly peRows: number;
  readonly peColumns: number;
  readonly weights: number;
  readonly activations: number;
  readonly banks: number;
  readonly bankQueue: number;
  readonly indexBits: number;
  /** Output channels in a group. */
  readonly groupChannels: number;
  /** Bands of the plane, one after another. */
  readonly bands: number;
}

export interface Ticked {
  /** [outputs, height, width] */
  readonly output: Float64Array;
  readonly issues: number;
  readonly products: number;
  readonly activationVectors: number;
  /** The slowest PE's cycles of each group, summed: without waits for banks, and with them. */
  readonly slowestIssues: number;
  readonly slowestCycles: number;
  /** Cycles of all PEs with the waits. */
  readonly cycles: number;
  /** Values and placeholders of all inputs, and of all weights. */
  readonly inputElements: number;
  readonly weightElements: number;
}

interface Coded {
  readonly zeros: number;
  readonly value: number;
}

/** Values with the zeros before them; a run that the index cannot say takes a zero of its own. */
function encode(
  stream: readonly number[],
  indexBits: number,
  keepsTrailing: boolean,
): readonly Coded[] {
  const coded: Coded[] = [];
  let zeros = 0;
  for (const value of stream) {
    if (value === 0 && zeros < 2 ** indexBits - 1) zeros++;
    else {
      coded.push({ zeros, value });
      zeros = 0;
    }
  }
  while (!keepsTrailing && coded.at(-1)?.value === 0) coded.pop();
  return coded;
}

/** The place of each coded value in the stream. */
function decode(
  coded: readonly Coded[],
): readonly { readonly at: number; readonly value: number }[] {
  let at = -1;
  return coded.map(({ zeros, value }) => {
    at += zeros + 1;
    return { at, value };
  });
}

const chunks = <Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );

export function tick(layer: TickedLayer, design: TickedDesign): Ticked {
  const { channels, height, width, outputs, kernel, stride, dilation, pad, groups } = layer;
  const phases = Array.from({ length: stride[0] * stride[1] }, (_, at) => [
    Math.floor(at / stride[1]),
    at % stride[1],
  ]);
  const output = new Float64Array(outputs * layer.outputHeight * layer.outputWidth);
  const [outputsPerGroup, inputsPerGroup] = [outputs / groups, channels / groups];
  let [issues, products, activationVectors, slowestIssues, slowestCycles, cycles] = [
    0, 0, 0, 0, 0, 0,
  ];
  let [inputElements, weightElements] = [0, 0];

  const filters = Array.from({ length: Math.ceil(outputs / design.groupChannels) }, (_, group) => {
    const first = group * design.groupChannels;
    const members = Array.from(
      { length: Math.min(design.groupChannels, outputs - first) },
      (_, at) => first + at,
    );
    return Array.from({ length: channels }, (_, channel) =>
      phases.map(([vertical, horizontal]) => {
        const places: { output: number; row: number; column: number }[] = [];
        for (const member of members) {
          if (Math.floor(member / outputsPerGroup) !== Math.floor(channel / inputsPerGroup))
            continue;
          for (let row = 0; row < kernel[0]; row++) {
            for (let column = 0; column < kernel[1]; column++) {
              if ((row * dilation[0]) % stride[0] !== vertical) continue;
              if ((column * dilation[1]) % stride[1] !== horizontal) continue;
              places.push({ output: member, row, column });
            }
          }
        }
        const stream = places.map(
          (place) =>
            layer.weights[
              ((place.output * inputsPerGroup + (channel % inputsPerGroup)) * kernel[0] +
                place.row) *
                kernel[1] +
                place.column
            ] ?? 0,
        );
        const coded = encode(stream, design.indexBits, false);
        weightElements += coded.length;
        return decode(coded).map(({ at, value }) => ({
          ...(places[at] as (typeof places)[number]),
          value,
        }));
      }),
    );
  });

  const bandRows = Math.ceil(height / design.bands);
  for (let band = 0; band < design.bands; band++) {
    const bandEnd = Math.min(height, (band + 1) * bandRows);
    const tileRows = Math.ceil(bandRows / design.peRows);
    const tileColumns = Math.ceil(width / design.peColumns);
    const tiles = Array.from({ length: design.peRows * design.peColumns }, (_, pe) => {
      const top = band * bandRows + Math.floor(pe / design.peColumns) * tileRows;
      const left = (pe % design.peColumns) * tileColumns;
      const places: { channel: number; phase: number; y: number; x: number }[] = [];
      for (let channel = 0; channel < channels; channel++) {
        phases.forEach(([vertical, horizontal], phase) => {
          for (let y = top; y < Math.min(bandEnd, top + tileRows); y++) {
            for (let x = left; x < Math.min(width, left + tileColumns); x++) {
              if ((y + pad[0]) % stride[0] !== vertical || (x + pad[1]) % stride[1] !== horizontal)
                continue;
              places.push({ channel, phase, y, x });
            }
          }
        });
      }
      const stream = places.map(
        ({ channel, y, x }) => layer.activations[(channel * height + y) * width + x] ?? 0,
      );
      const coded = encode(stream, design.indexBits, true);
      inputElements += coded.length;
      const held = Array.from({ length: channels }, () =>
        phases.map(() => [] as { y: number; x: number; value: number }[]),
      );
      for (const { at, value } of decode(coded)) {
        const { channel, phase, y, x } = places[at] as (typeof places)[number];
        held[channel]?.[phase]?.push({ y, x, value });
      }
      return { top, left, held };
    });

    for (const filter of filters) {
      let [longest, slowest] = [0, 0];
      for (const tile of tiles) {
        let [own, clock] = [0, 0];
        const waiting = new Array<number>(design.banks).fill(0);
        const first = (axis: 0 | 1, from: number) =>
          Math.ceil((from + pad[axis] - (kernel[axis] - 1) * dilation[axis]) / stride[axis]);
        const [firstRow, firstColumn] = [first(0, tile.top), first(1, tile.left)];
        const reach = (axis: 0 | 1, extent: number) =>
          Math.floor((extent + (kernel[axis] - 1) * dilation[axis] - 1) / stride[axis]) + 1;
        const [reachedRows, reachedColumns] = [reach(0, tileRows), reach(1, tileColumns)];
        for (let channel = 0; channel < channels; channel++) {
          for (let phase = 0; phase < phases.length; phase++) {
            const mine = tile.held[channel]?.[phase] ?? [];
            const weights = filter[channel]?.[phase] ?? [];
            for (const vector of weights.length > 0 ? chunks(mine, design.activations) : []) {
              activationVectors++;
              for (const taps of chunks(weights, design.weights)) {
                own++;
                let arriving: number[] = [];
                for (const { y, x, value: activation } of vector) {
                  for (const tap of taps) {
                    if (activation === 0 || tap.value === 0) continue;
                    products++;
                    const oy = (y + pad[0] - tap.row * dilation[0]) / stride[0];
                    const ox = (x + pad[1] - tap.column * dilation[1]) / stride[1];
                    if (!Number.isInteger(oy) || !Number.isInteger(ox))
                      throw new Error('a product without an output');
                    const [inTile, acrossTile] = [oy - firstRow, ox - firstColumn];
                    if (
                      inTile < 0 ||
                      inTile >= reachedRows ||
                      acrossTile < 0 ||
                      acrossTile >= reachedColumns
                    )
                      throw new Error('a product beyond the accumulators');
                    const channelInGroup = tap.output % design.groupChannels;
                    const address =
                      (channelInGroup * reachedRows + inTile) * reachedColumns + acrossTile;
                    arriving.push(address % design.banks);
                    if (oy < 0 || oy >= layer.outputHeight || ox < 0 || ox >= layer.outputWidth)
                      continue;
                    const place = (tap.output * layer.outputHeight + oy) * layer.outputWidth + ox;
                    output[place] = (output[place] ?? 0) + activation * tap.value;
                  }
                }
                do {
                  const kept: number[] = [];
                  for (const bank of arriving) {
                    if ((waiting[bank] ?? 0) < design.bankQueue)
                      waiting[bank] = (waiting[bank] ?? 0) + 1;
                    else kept.push(bank);
                  }
                  arriving = kept;
                  for (let bank = 0; bank < design.banks; bank++)
                    waiting[bank] = Math.max(0, (waiting[bank] ?? 0) - 1);
                  clock++;
                } while (arriving.length > 0);
              }
            }
          }
        }
        issues += own;
        cycles += clock;
        longest = Math.max(longest, own);
        slowest = Math.max(slowest, clock);
      }
      slowestIssues += longest;
      slowestCycles += slowest;
    }
  }
  return {
    ...{ output, issues, products, activationVectors, slowestIssues, slowestCycles, cycles },
    ...{ inputElements, weightElements },
  };
}
