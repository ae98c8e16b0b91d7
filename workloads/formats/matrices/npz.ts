// SciPy's `.npz` files of sparse matrices (scipy.sparse.save_npz): a zip of NumPy arrays, the
// format's name among them; csr, csc, coo and bsr. NumPy's own `.npz` of one dense matrix is read
// too.

import { unzipSync } from 'fflate';
import { InputError } from '../../base/errors.js';
import type { WeightStore } from '../../weights/store.js';
import type { ZooEntry } from '../../zoo/entry.js';
import { requireAtMost, type SourceFile } from '../source.js';
import { fromCoordinates, matrixEntry, requireSize } from './matrix.js';
import { type NpyNumbers, readNpyNumbers, readNpyText } from './npy.js';

/** Members that a sparse matrix has at most, and some. */
const MAX_MEMBERS = 64;

/** The matrix as a layer. @throws InputError, one line. */
export function readNpz(file: SourceFile): readonly ZooEntry[] {
  const members = unzip(file);
  const format = members.get('format');
  return [
    matrixEntry(
      file,
      format
        ? sparse(readNpyText(format, `${file.name}/format.npy`), members, file)
        : dense(members, file),
    ),
  ];
}

/**
 * The members by name without `.npy`. What a zip says of their sizes bounds what is allocated for
 * them.
 */
function unzip({ name, bytes, limits }: SourceFile): ReadonlyMap<string, Uint8Array> {
  let total = 0;
  let members = 0;
  try {
    const files = unzipSync(bytes, {
      filter: ({ name: member, originalSize }) => {
        total += originalSize;
        members++;
        requireAtMost(name, 'bytes when expanded', total, limits.expandedBytes, 'expandedBytes');
        if (members > MAX_MEMBERS)
          throw new InputError(`${name}: found more than ${MAX_MEMBERS} arrays`);
        return /\.npy$/.test(member);
      },
    });
    return new Map(
      Object.entries(files).map(([member, content]) => [member.slice(0, -'.npy'.length), content]),
    );
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${name}: found ${reason}, expected a zip of NumPy arrays`);
  }
}

type Sparse = (arrays: Arrays, rows: number, columns: number, file: SourceFile) => WeightStore;
type Arrays = (name: string) => NpyNumbers;

const formats: Readonly<Record<string, Sparse>> = {
  csr: (arrays, rows, columns, file) => compressed(arrays, rows, columns, file, false),
  csc: (arrays, rows, columns, file) => compressed(arrays, rows, columns, file, true),
  coo: coordinates,
  bsr: blocks,
};

function sparse(
  format: string,
  members: ReadonlyMap<string, Uint8Array>,
  file: SourceFile,
): WeightStore {
  const read = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (!read)
    throw new InputError(
      `${file.name}: found a matrix in format '${format}', expected ${Object.keys(formats).join(', ')}`,
    );
  const arrays: Arrays = (name) => {
    const member = members.get(name);
    if (!member)
      throw new InputError(
        `${file.name}: found no array ${name}, expected one for a ${format} matrix`,
      );
    return readNpyNumbers(member, `${file.name}/${name}.npy`);
  };
  const { values: shape } = arrays('shape');
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new InputError(
      `${file.name}: found a shape of ${shape.length} extents, expected a matrix's 2`,
    );
  }
  requireSize(file, rows, columns);
  return read(arrays, rows, columns, file);
}

function dense(members: ReadonlyMap<string, Uint8Array>, file: SourceFile): WeightStore {
  const [[name, bytes] = [], ...others] = members;
  if (name === undefined || bytes === undefined || others.length > 0) {
    throw new InputError(
      `${file.name}: found ${members.size} arrays without a format, expected a sparse matrix of SciPy or one array`,
    );
  }
  return denseOf(readNpyNumbers(bytes, `${file.name}/${name}.npy`), file);
}

/** A matrix that a `.npy` file or a member holds. */
export function denseOf({ shape, values }: NpyNumbers, file: SourceFile): WeightStore {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new InputError(
      `${file.name}: found an array of ${shape.length} axes, expected a matrix's 2`,
    );
  }
  requireSize(file, rows, columns);
  return { format: 'dense', rows, columns, values: finite(values, file) };
}

/** Compressed sparse rows, or columns: pointers from 0 to the number of entries, never falling. */
function compressed(
  arrays: Arrays,
  rows: number,
  columns: number,
  file: SourceFile,
  byColumn: boolean,
): WeightStore {
  const [majors, minors] = byColumn ? [columns, rows] : [rows, columns];
  const data = arrays('data').values;
  const minorOf = checkedIndices(arrays('indices').values, data.length, minors, 'indices', file);
  const pointers = checkedPointers(arrays('indptr').values, majors, data.length, file);
  const majorOf = new Uint32Array(data.length);
  for (let major = 0; major < majors; major++)
    majorOf.fill(major, pointers[major], pointers[major + 1]);
  const [rowOf, columnOf] = byColumn ? [minorOf, majorOf] : [majorOf, minorOf];
  return fromCoordinates({ rows, columns, rowOf, columnOf, values: finiteWide(data, file) }, file);
}

function coordinates(arrays: Arrays, rows: number, columns: number, file: SourceFile): WeightStore {
  const data = arrays('data').values;
  const rowOf = checkedIndices(arrays('row').values, data.length, rows, 'row', file);
  const columnOf = checkedIndices(arrays('col').values, data.length, columns, 'col', file);
  return fromCoordinates({ rows, columns, rowOf, columnOf, values: finiteWide(data, file) }, file);
}

/** Compressed sparse rows of small dense blocks: data of [blocks, block rows, block columns]. */
function blocks(arrays: Arrays, rows: number, columns: number, file: SourceFile): WeightStore {
  const { shape, values } = arrays('data');
  const [count = 0, high = 0, wide = 0] = shape;
  if (
    !(shape.length === 3 && high >= 1 && wide >= 1 && rows % high === 0 && columns % wide === 0)
  ) {
    throw new InputError(
      `${file.name}: found blocks of ${shape.join('×')}, expected ones that tile ${rows}×${columns}`,
    );
  }
  const across = checkedIndices(arrays('indices').values, count, columns / wide, 'indices', file);
  const pointers = checkedPointers(arrays('indptr').values, rows / high, count, file);
  const rowOf = new Uint32Array(values.length);
  const columnOf = new Uint32Array(values.length);
  for (let down = 0; down < rows / high; down++) {
    for (let block = pointers[down] as number; block < (pointers[down + 1] as number); block++) {
      for (let y = 0; y < high; y++) {
        for (let x = 0; x < wide; x++) {
          const at = (block * high + y) * wide + x;
          rowOf[at] = down * high + y;
          columnOf[at] = (across[block] as number) * wide + x;
        }
      }
    }
  }
  return fromCoordinates(
    { rows, columns, rowOf, columnOf, values: finiteWide(values, file) },
    file,
  );
}

function checkedIndices(
  indices: Float64Array,
  count: number,
  extent: number,
  what: string,
  file: SourceFile,
): Uint32Array {
  if (indices.length !== count) {
    throw new InputError(
      `${file.name}: found ${indices.length} ${what} for ${count} entries, expected as many`,
    );
  }
  for (let at = 0; at < count; at++) {
    const index = indices[at] as number;
    if (!(Number.isSafeInteger(index) && index >= 0 && index < extent)) {
      throw new InputError(
        `${file.name}: ${what} of entry ${at}: found ${index}, expected 0 to ${extent - 1}`,
      );
    }
  }
  return Uint32Array.from(indices);
}

function checkedPointers(
  pointers: Float64Array,
  majors: number,
  entries: number,
  file: SourceFile,
): Uint32Array {
  const rising = pointers.every(
    (pointer, at) => Number.isSafeInteger(pointer) && pointer >= (pointers[at - 1] ?? 0),
  );
  if (
    !(pointers.length === majors + 1 && rising && pointers[0] === 0 && pointers[majors] === entries)
  ) {
    throw new InputError(
      `${file.name}: found other pointers than ${majors + 1} from 0 rising to ${entries}`,
    );
  }
  return Uint32Array.from(pointers);
}

function finiteWide(values: Float64Array, { name }: SourceFile): Float64Array {
  const at = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (at >= 0)
    throw new InputError(`${name}: found ${values[at]} at entry ${at}, expected finite numbers`);
  return values;
}

const finite = (values: Float64Array, file: SourceFile) =>
  Float32Array.from(finiteWide(values, file));
