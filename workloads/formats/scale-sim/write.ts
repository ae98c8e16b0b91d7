// A network's products and convolutions as a SCALE-Sim topology: convolutions of eight columns,
// matrix products as 1×1 convolutions over as many pixels as they have rows, a line for each group
// and each matrix. The image is what the windows reach, padding included: the format has none, and
// rounds the output's size up where pixels are left over.

import { InputError } from '../../base/errors.js';
import type { ConvolutionDemand, ProductDemand } from '../../demand.js';
import type { Network } from '../../network.js';
import { tapsOf } from '../../operators/window.js';

const HEADER =
  'Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,';

/**
 * @throws InputError for a convolution that the format cannot say: dilated, or of unequal strides.
 */
export function writeScaleSim({ layers, name }: Network): string {
  const names = new Set<string>();
  const lines = layers.flatMap((layer) => {
    const { demand } = layer;
    const numbers =
      demand?.kind === 'product'
        ? productLines(demand)
        : demand?.kind === 'convolution'
          ? convolutionLines(demand, `${name}: layer ${layer.name}`)
          : [];
    return numbers.map((each, at) =>
      line(layer.name, numbers.length === 1 ? '' : `_group${at + 1}`, each, names),
    );
  });
  if (lines.length === 0)
    throw new InputError(`${name}: found no layers with weights, expected at least one`);
  return `${[HEADER, ...lines].join('\n')}\n`;
}

function productLines({
  matrices,
  rows,
  depth,
  columns,
}: ProductDemand): readonly (readonly number[])[] {
  return Array.from({ length: matrices }, () => [rows, 1, 1, 1, depth, columns, 1]);
}

function convolutionLines(
  demand: ConvolutionDemand,
  place: string,
): readonly (readonly number[])[] {
  const { images, kernel, stride, dilation, groups, input, output } = demand;
  const fault = (found: string) =>
    new InputError(`${place}: found ${found}, which a SCALE-Sim topology cannot say`);
  if (tapsOf({ kernel: dilation }) !== 1) throw fault('a dilation');
  if (stride[0] !== stride[1]) throw fault(`strides of ${stride.join(' and ')}`);
  const [filters, rows, columns] = output;
  const reach = [(rows - 1) * stride[0] + kernel[0], (columns - 1) * stride[1] + kernel[1]];
  const numbers = [...reach, ...kernel, input[0] / groups, filters / groups, stride[0]];
  return Array.from({ length: groups * images }, () => numbers);
}

/** Commas and quotes in a name would end its cell; names that come to the same are numbered. */
function line(name: string, part: string, numbers: readonly number[], names: Set<string>): string {
  const cell = `${name.replace(/[,"\r\n]/g, '_')}${part}`;
  let unique = cell;
  for (let copy = 2; names.has(unique); copy++) unique = `${cell}_${copy}`;
  names.add(unique);
  return `${unique},${numbers.join(',')},`;
}
