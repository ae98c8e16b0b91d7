// Data sets by what a user names: 'procedural', a file or a folder.

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { sizeOf } from '../tensor.js';
import { proceduralText } from './characters.js';
import { CIFAR_CLASSES, CIFAR_SHAPE, readCifar10 } from './cifar10.js';
import {
  checkLabels,
  type DataSet,
  grayNormalisation,
  type Labelled,
  split,
  type TextSet,
  VALIDATION_SHARE,
} from './dataset.js';
import { proceduralDigits } from './digits.js';
import { pairIdx, readIdxLabels, readIdxPictures } from './idx.js';
import { readUnpacked } from './unpack.node.js';

export const PROCEDURAL = 'procedural';

/**
 * Where one file holds everything, this share of it is the test set: 2,000 of MNIST's 10,000 test
 * digits.
 */
const TEST_SHARE = 1 / 5;
/** Mean and spread of CIFAR-10's bytes, near enough to centre them. */
const cifarNormalisation = { mean: [125, 123, 114], scale: 1 / 64 };

const PICTURES = /^(.*)images?([-.])idx3(-ubyte)?(\.gz)?$/;
const CIFAR = /(_batch(_\d)?|cifar.*)\.bin$/;

/**
 * A text to train on: 'procedural'. `seed`: of the language and what is said in it. @throws
 * InputError for another name.
 */
export function loadText(name: string, seed: number): TextSet {
  if (name === PROCEDURAL) return proceduralText(seed);
  throw new InputError(
    `${name}: found data of another kind, expected '${PROCEDURAL}' for a network that reads text`,
  );
}

/**
 * 'procedural'; an IDX file of pictures (`…images-idx3-ubyte[.gz]`, labels beside it), a CIFAR-10
 * `.bin` file, or a folder of either. A training and a test file are kept apart; where there is one
 * alone a fifth of it is the test set. `seed`: of the drawn digits, or of which of the files'
 * pictures are in which part.
 * @throws InputError for what cannot be read.
 */
export async function loadDataSet(name: string, seed: number): Promise<DataSet> {
  if (name === PROCEDURAL) return proceduralDigits(seed);
  const files = await filesOf(name);
  const pictures = files.filter((file) => PICTURES.test(basename(file)));
  if (pictures.length > 0) return loadIdx(name, pictures, seed);
  const batches = files.filter((file) => CIFAR.test(basename(file)));
  if (batches.length > 0) return loadCifar(name, batches, seed);
  throw new InputError(
    `${name}: found no data set, expected '${PROCEDURAL}', …images-idx3-ubyte[.gz] with its labels, CIFAR-10's .bin files or a folder of them`,
  );
}

async function filesOf(name: string): Promise<readonly string[]> {
  const about = await stat(name).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${name}: ${error.code === 'ENOENT' ? 'no such file or folder' : `cannot be read (${error.code})`}`,
    );
  });
  if (!about.isDirectory()) return [name];
  return (await readdir(name)).sort().map((file) => join(name, file));
}

async function loadIdx(name: string, files: readonly string[], seed: number): Promise<DataSet> {
  const sets = await Promise.all(files.map(readIdxPair));
  const [first] = sets as [IdxSet];
  const odd = sets.find((set) => set.height !== first.height || set.width !== first.width);
  if (odd) {
    throw new InputError(
      `${odd.file}: found pictures of ${odd.height}×${odd.width}, expected ${first.height}×${first.width} as in ${first.file}`,
    );
  }
  const classes =
    1 + sets.reduce((max, set) => set.labels.reduce((a, b) => Math.max(a, b), max), 0);
  const { height, width } = first;
  return parts(
    {
      name,
      title: `${files.map((file) => basename(file)).join(', ')}`,
      shape: [1, height, width],
      classes: Math.max(classes, 2),
      normalisation: grayNormalisation,
      origin: 'real',
    },
    sets.filter(({ file }) => !isTest(file)),
    sets.filter(({ file }) => isTest(file)),
    seed,
  );
}

interface IdxSet extends Labelled {
  readonly file: string;
  readonly height: number;
  readonly width: number;
}

async function readIdxPair(file: string): Promise<IdxSet> {
  const [, before = '', separator = '-', ubyte = ''] = PICTURES.exec(basename(file)) ?? [];
  const pictures = readIdxPictures(await readUnpacked(file), file);
  const plain = join(dirname(file), `${before}labels${separator}idx1${ubyte}`);
  const labelFile = (await exists(plain)) ? plain : `${plain}.gz`;
  if (!(await exists(labelFile)))
    throw new InputError(`${file}: found no labels, expected ${plain} or ${labelFile}`);
  const labels = readIdxLabels(await readUnpacked(labelFile), labelFile);
  const set = pairIdx(pictures, labels, file, labelFile);
  checkLabels(set, 256, labelFile);
  return { ...set, file, height: pictures.height, width: pictures.width };
}

async function loadCifar(name: string, files: readonly string[], seed: number): Promise<DataSet> {
  const sets = await Promise.all(
    files.map(async (file) => ({ file, ...readCifar10(await readUnpacked(file), file) })),
  );
  const about = {
    name,
    title: `CIFAR-10, ${files.map((file) => basename(file)).join(', ')}`,
    shape: CIFAR_SHAPE,
    classes: CIFAR_CLASSES,
    normalisation: cifarNormalisation,
    origin: 'real' as const,
  };
  return parts(
    about,
    sets.filter(({ file }) => !isTest(file)),
    sets.filter(({ file }) => isTest(file)),
    seed,
  );
}

const isTest = (file: string) => /^(t10k|test)/.test(basename(file));

type About = Omit<DataSet, 'kind' | 'train' | 'validation' | 'test'>;

function parts(
  about: About,
  forTraining: readonly Labelled[],
  forTest: readonly Labelled[],
  seed: number,
): DataSet {
  const imageSize = sizeOf(about.shape);
  const kept = concatenate(forTest);
  const all = forTraining.length > 0 ? concatenate(forTraining) : kept;
  const total = all.labels.length;
  const testSize =
    forTraining.length > 0 && forTest.length > 0 ? 0 : Math.floor(total * TEST_SHARE);
  const validationSize = Math.floor((total - testSize) * VALIDATION_SHARE);
  const trainSize = total - testSize - validationSize;
  if (!(validationSize > 0)) {
    throw new InputError(
      `${about.name}: found ${total} pictures, expected enough for training, validation and test`,
    );
  }
  const [train, validation, test] = split(
    all,
    imageSize,
    [trainSize, validationSize, testSize],
    seed,
  ) as [Labelled, Labelled, Labelled];
  return { kind: 'pictures', ...about, train, validation, test: testSize > 0 ? test : kept };
}

/** Several files' pictures in one. */
function concatenate(sets: readonly Labelled[]): Labelled {
  const images = new Uint8Array(sets.reduce((sum, set) => sum + set.images.length, 0));
  const labels = new Uint8Array(sets.reduce((sum, set) => sum + set.labels.length, 0));
  let image = 0;
  let label = 0;
  for (const set of sets) {
    images.set(set.images, image);
    labels.set(set.labels, label);
    image += set.images.length;
    label += set.labels.length;
  }
  return { images, labels };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
