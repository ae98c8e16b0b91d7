// Layers that a network gets its data from, as its inputs.

import { InputError } from '../../base/errors.js';
import type { SourceFile } from '../source.js';
import { blocksOf, type LayerText, scalarsOf } from './parameters.js';
import type { Block } from './text-proto.js';

interface DataInputs {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly labels: readonly string[];
}

const dataTypes = [
  'Input',
  'DummyData',
  'MemoryData',
  'Data',
  'ImageData',
  'AnnotatedData',
  'WindowData',
  'HDF5Data',
];

export const isData = (type: string) => dataTypes.includes(type);

const dimsOf = (shape: Block) => scalarsOf(shape, 'dim').map(Number);

/**
 * The second blob of a layer that reads data is its labels. @throws InputError where it does not
 * say its shape.
 */
export function dataInputs(layer: LayerText, file: SourceFile): DataInputs {
  const { type, tops, block } = layer;
  const [first = 'data', ...labels] = tops;
  if (type === 'Input' || type === 'DummyData') {
    const parameters = blocksOf(block, type === 'Input' ? 'input_param' : 'dummy_data_param').map(
      (each) => each.block,
    );
    const shapes = parameters.flatMap((each) =>
      blocksOf(each, 'shape').map(({ block: shape }) => dimsOf(shape)),
    );
    const flat = ['num', 'channels', 'height', 'width'].map((field) =>
      parameters.flatMap((each) => scalarsOf(each, field).map(Number)),
    );
    return {
      inputs: tops.map((name, at) => {
        const shape =
          shapes[at] ?? shapes[0] ?? flat.flatMap((extents) => extents[at] ?? extents[0] ?? []);
        return { name, shape: checked(layer, name, shape, file) };
      }),
      labels: [],
    };
  }
  const own = blocksOf(block, 'memory_data_param').map((each) => each.block);
  const transforms = blocksOf(block, 'transform_param').map((each) => each.block);
  const resize = transforms.flatMap((each) =>
    blocksOf(each, 'resize_param').map(({ block: inner }) => inner),
  );
  const number = (blocks: readonly Block[], field: string) =>
    Number(blocks.flatMap((each) => scalarsOf(each, field))[0] ?? Number.NaN);
  const crop = number(transforms, 'crop_size');
  const isGray = transforms.some((each) => scalarsOf(each, 'force_gray')[0] === 'true');
  const extent = (field: string, axis: number) => {
    const told = file.dims?.get(`${first}:${axis}`);
    return (
      told ??
      [crop, number(own, field), number(resize, field)].find((each) => each >= 1) ??
      Number.NaN
    );
  };
  const channels = file.dims?.get(`${first}:1`) ?? (number(own, 'channels') || (isGray ? 1 : 3));
  const shape = [1, channels, extent('height', 2), extent('width', 3)];
  return { inputs: [{ name: first, shape: checked(layer, first, shape, file) }], labels };
}

function checked(
  { line, name: layer }: LayerText,
  name: string,
  shape: readonly number[],
  file: SourceFile,
) {
  if (shape.length > 0 && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 1))
    return shape;
  const open = shape.flatMap((extent, axis) =>
    Number.isNaN(extent) ? [`--dim ${name}:${axis}=N`] : [],
  );
  const expected =
    open.length > 0 ? `a number for each: ${open.join(' ')}` : 'whole numbers of at least 1';
  const found =
    open.length > 0
      ? `an input ${name} of open extents`
      : `a shape of ${shape.join('×') || 'nothing'}`;
  throw new InputError(
    `${file.name}:${line}: layer ${layer}: found ${found}, expected ${expected}`,
  );
}
