// Timeloop's problems (Parashar et al., ISPASS 2019; versions 0.1 to 0.4): a loop nest's extents and
// a shape that says what its dimensions mean. Without a shape of its own a problem is a convolution
// over R S P Q C M (or K) N G, E and F for P and Q, or a matrix product over M N K.

import { InputError } from '../../base/errors.js';
import { nearestOf } from '../../base/nearest.js';
import { type SourceFile, textOf } from '../source.js';
import { readYaml, type YamlFile } from '../yaml/document.js';
import { isMap } from './merge.js';
import { type DataSpace, ShapeFault, type Term } from './shape.js';

type Values = Readonly<Record<string, unknown>>;
type Path = readonly PropertyKey[];

/** A problem as its file states it. */
export interface TimeloopProblem {
  readonly instance: Values;
  readonly path: Path;
  /** In the shape's order; of the usual shape those that the instance gives. */
  readonly dimensions: readonly string[];
  readonly spaces: readonly DataSpace[];
  readonly extents: Extents;
}

/** What stands under `problem`. @throws InputError for what is no problem. */
export async function problemAt(
  problem: Values,
  yaml: YamlFile,
  file: SourceFile,
): Promise<TimeloopProblem> {
  const inside = isMap(problem.instance);
  const { shape, version: _version, instance: _instance, name: _name, ...bare } = problem;
  const instance = inside ? (problem.instance as Values) : bare;
  const path: Path = inside ? ['problem', 'instance'] : ['problem'];
  if (Object.keys(instance).length === 0) {
    throw new InputError(
      `${yaml.place(path)}: problem: found no instance, expected the extents of a layer`,
    );
  }
  const stated = await statedShape(shape, yaml, file);
  const extents = new Extents(instance, path, yaml, stated);
  const spaces = stated?.spaces ?? usualSpaces(extents);
  const projected = new Set(
    spaces.flatMap(({ axes }) => axes.flat().map(({ dimension }) => dimension)),
  );
  const dimensions = stated?.dimensions ?? [...projected].filter(extents.has);
  return { instance, path, dimensions, spaces, extents };
}

/** @throws ShapeFault for a dimension that no data-space has. */
export function requireAllProjected({ dimensions, spaces, extents }: TimeloopProblem): void {
  const projected = new Set(
    spaces.flatMap(({ axes }) => axes.flat().map(({ dimension }) => dimension)),
  );
  const lost = dimensions.find((name) => !projected.has(name) && extents.dimension(name) !== 1);
  if (lost === undefined) return;
  throw new ShapeFault(`found dimension ${lost} in no data-space, expected it in two or three`);
}

interface StatedShape {
  readonly dimensions: readonly string[];
  readonly coefficients: ReadonlyMap<string, number>;
  readonly spaces: readonly DataSpace[];
}

/** The shape that the problem states, or a file beside it; null where it goes by the usual one. */
async function statedShape(
  shape: unknown,
  yaml: YamlFile,
  file: SourceFile,
): Promise<StatedShape | null> {
  if (shape === undefined || shape === null) return null;
  if (isMap(shape)) return readShape(shape, ['problem', 'shape'], yaml);
  if (typeof shape !== 'string') {
    throw new InputError(
      `${yaml.place(['problem', 'shape'])}: shape: found no map, expected dimensions and data_spaces`,
    );
  }
  if (/^(grouped[-_])?(cnn|conv|gemm|mm|matmul)/i.test(shape)) return null;
  const beside = /^[\w.-]+$/.test(shape)
    ? /\.ya?ml$/.test(shape)
      ? shape
      : `${shape}.yaml`
    : null;
  const bytes = beside && (await file.beside(beside));
  if (!bytes) {
    throw new InputError(
      `${yaml.place(['problem', 'shape'])}: shape: found the name '${shape}', expected dimensions and data_spaces, or a file ${beside ?? 'NAME.yaml'} with them beside this one`,
    );
  }
  const own = readYaml(textOf({ bytes, name: beside }), beside);
  const inner = isMap(own.value) ? own.value.shape : undefined;
  if (!isMap(inner))
    throw new InputError(
      `${own.place(['shape'])}: found no shape, expected dimensions and data_spaces`,
    );
  return readShape(inner, ['shape'], own);
}

/** Null for a shape of which nothing but the name, or the dimensions, is told. */
function readShape(shape: Values, path: Path, yaml: YamlFile): StatedShape | null {
  const key = ['data_spaces', 'data-spaces', 'dataspaces', 'dataSpaces'].find(
    (name) => shape[name] !== undefined,
  );
  if (key === undefined) return null;
  const fault = (inner: Path, found: string, expected: string) => {
    const what = [...inner].reverse().find((part) => typeof part === 'string');
    return new InputError(
      `${yaml.place([...path, ...inner])}: ${String(what)}: found ${found}, expected ${expected}`,
    );
  };
  const { dimensions, flatten, coefficients: listed = [] } = shape;
  if (flatten !== undefined)
    throw fault(['flatten'], 'flattened dimensions', 'each dimension by itself');
  if (
    !(Array.isArray(dimensions) && dimensions.every((dimension) => typeof dimension === 'string'))
  ) {
    throw fault(['dimensions'], shown(dimensions), 'a list of names');
  }
  const coefficients = new Map<string, number>();
  if (!Array.isArray(listed))
    throw fault(['coefficients'], shown(listed), 'a list with name and default');
  for (const [at, coefficient] of listed.entries()) {
    const { name, default: standard } = isMap(coefficient) ? coefficient : {};
    if (typeof name !== 'string' || !isExtent(standard)) {
      throw fault(['coefficients', at], shown(coefficient), 'a name and a default of at least 1');
    }
    coefficients.set(name, standard);
  }
  const spaces = shape[key];
  if (!Array.isArray(spaces)) throw fault([key], shown(spaces), 'a list with name and projection');
  return {
    dimensions,
    coefficients,
    spaces: spaces.map((space, at) => {
      const { name, projection, ...rest } = isMap(space) ? space : {};
      if (typeof name !== 'string') throw fault([key, at], shown(space), 'a name and a projection');
      if (!Array.isArray(projection))
        throw fault([key, at, 'projection'], shown(projection), 'a list of axes');
      const known = { dimensions, coefficients };
      const axes = projection.map((axis) => {
        const terms = termsOf(axis, known);
        if (terms) return terms;
        const form = '[[dimension, coefficient], …] of the names above for each axis';
        throw fault([key, at, 'projection'], `${shown(axis)} in ${name}`, form);
      });
      return {
        name,
        axes,
        readWrite: [rest.read_write, rest['read-write'], rest.readWrite].includes(true),
      };
    }),
  };
}

type Known = Pick<StatedShape, 'dimensions' | 'coefficients'>;

/** An axis: a sum of products, or a dimension's name alone; null for anything else. */
function termsOf(axis: unknown, known: Known): readonly Term[] | null {
  const list = typeof axis === 'string' ? [[axis]] : axis;
  if (!Array.isArray(list) || list.length === 0) return null;
  const terms = list.map((term) => termOf(term, known));
  return terms.every((term) => term !== null) ? terms : null;
}

function termOf(term: unknown, { dimensions, coefficients }: Known): Term | null {
  const [dimension, coefficient = 1, ...more] = Array.isArray(term) ? term : [];
  if (more.length > 0 || typeof dimension !== 'string' || !dimensions.includes(dimension))
    return null;
  if (isExtent(coefficient)) return { dimension, coefficient };
  return typeof coefficient === 'string' && coefficients.has(coefficient)
    ? { dimension, coefficient }
    : null;
}

const isExtent = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;

const shown = (value: unknown) =>
  value === undefined ? 'none' : (JSON.stringify(value) ?? 'none').slice(0, 80);

const axis = (...dimensions: readonly string[]): readonly (readonly Term[])[] =>
  dimensions.map((dimension) => [{ dimension, coefficient: 1 }]);
const slid = (tap: string, dilation: string, position: string, stride: string): readonly Term[] => [
  { dimension: tap, coefficient: dilation },
  { dimension: position, coefficient: stride },
];

/**
 * Timeloop's cnn-layer, grouped too, or gemm-ABZ, whichever has the dimensions that the instance
 * gives.
 */
function usualSpaces(extents: Extents): readonly DataSpace[] {
  const convolves = ['C', 'R', 'S', 'P', 'Q', 'E', 'F', 'G'].some(extents.has);
  if (!convolves && extents.has('K')) {
    return [
      { name: 'A', axes: axis('M', 'K'), readWrite: false },
      { name: 'B', axes: axis('N', 'K'), readWrite: false },
      { name: 'Z', axes: axis('M', 'N'), readWrite: true },
    ];
  }
  if (extents.has('K') && extents.has('M'))
    throw extents.fault('K', 'M beside it', 'one of the two for the filters');
  const filters = extents.has('K') ? 'K' : 'M';
  const [wide, high] = [extents.has('E') ? 'E' : 'P', extents.has('F') ? 'F' : 'Q'];
  return [
    { name: 'Weights', axes: axis('C', filters, 'R', 'S', 'G'), readWrite: false },
    {
      name: 'Inputs',
      axes: [
        ...axis('N', 'C', 'G'),
        slid('R', 'Wdilation', wide, 'Wstride'),
        slid('S', 'Hdilation', high, 'Hstride'),
      ],
      readWrite: false,
    },
    { name: 'Outputs', axes: axis('N', filters, high, wide, 'G'), readWrite: true },
  ];
}

const USUAL_COEFFICIENTS = new Map(
  ['Wstride', 'Hstride', 'Wdilation', 'Hdilation'].map((name) => [name, 1]),
);
/** What instances hold beside extents and Timeloop does not read either. */
const UNREAD = /^(H|W|[HW]_?pad(ding)?|densities|commonDensity|version|name|notes?|histogram.*)$/i;

/** The numbers of an instance. */
export class Extents {
  readonly notes: string[] = [];
  private readonly used = new Map<string, number>();
  private readonly coefficients: ReadonlyMap<string, number>;

  constructor(
    private readonly instance: Values,
    private readonly path: Path,
    private readonly yaml: YamlFile,
    private readonly stated: StatedShape | null,
  ) {
    this.coefficients = stated?.coefficients ?? USUAL_COEFFICIENTS;
  }

  readonly has = (key: string): boolean => Object.hasOwn(this.instance, key);

  readonly dimension = (key: string): number => {
    if (this.has(key)) return this.number(key);
    const told = this.fromImage(key);
    if (told !== null) return told;
    if (this.stated === null) return 1;
    throw this.fault(key, 'no extent', 'a whole number of at least 1 for each dimension');
  };

  readonly coefficient = (key: string): number => {
    const standard = this.coefficients.get(key) ?? 1;
    const own = this.has(key) ? this.number(key) : standard;
    // Timeloop's own layers of AlexNet say HStride: 4 over an Hstride of 1.
    const other = Object.keys(this.instance).find(
      (name) =>
        name !== key && name.toLowerCase() === key.toLowerCase() && !this.coefficients.has(name),
    );
    if (other === undefined || own !== standard) return own;
    const note = `${other} is taken for ${key}, which Timeloop itself leaves at ${standard}`;
    if (!this.notes.includes(note)) this.notes.push(note);
    return this.number(other);
  };

  /** The output's extent from the image's: as many windows as fit. */
  private fromImage(key: string): number | null {
    const [image, tap, letter] = key === 'P' ? ['W', 'R', 'W'] : key === 'Q' ? ['H', 'S', 'H'] : [];
    if (image === undefined || tap === undefined || !this.has(image)) return null;
    const padding = ['pad', 'padding'].map((what) => `${letter}${what}`).find(this.has);
    const size = this.number(image) + (padding === undefined ? 0 : 2 * this.number(padding, 0));
    const reach = (this.dimension(tap) - 1) * this.coefficient(`${letter}dilation`) + 1;
    const windows = Math.floor((size - reach) / this.coefficient(`${letter}stride`)) + 1;
    if (!(windows >= 1))
      throw this.fault(image, `${size} pixels`, `at least the ${reach} that the filter covers`);
    this.notes.push(
      `${key} of ${windows} follows from ${image}; the image holds what its windows reach, padding included`,
    );
    this.used.set(key, windows);
    return windows;
  }

  private number(key: string, min = 1): number {
    const value = this.instance[key];
    if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= min)) {
      const number = `a whole number of at least ${min}`;
      throw this.fault(
        key,
        shown(value),
        typeof value === 'string' ? `${number}, not a variable's name` : number,
      );
    }
    this.used.set(key, value);
    return value;
  }

  fault(key: string, found: string, expected: string): InputError {
    return new InputError(
      `${this.yaml.place([...this.path, key])}: ${key}: found ${found}, expected ${expected}`,
    );
  }

  /**
   * @throws InputError for a key that is no dimension and no coefficient: a misspelt stride would
   *   be lost else.
   */
  requireAllKnown(): void {
    const usual = ['C', 'M', 'R', 'S', 'P', 'Q', 'N', 'G', 'K'];
    const known = [...(this.stated?.dimensions ?? usual), ...this.coefficients.keys()];
    for (const [key, value] of Object.entries(this.instance)) {
      // Coefficients that a shape does not have move nothing at 1.
      if (this.used.has(key) || UNREAD.test(key) || known.includes(key) || value === 1) continue;
      const nearest = nearestOf(key, known);
      const place = this.yaml.place([...this.path, key]);
      const meant = nearest === null ? '' : `; did you mean ${nearest}?`;
      throw new InputError(
        `${place}: ${key}: unknown extent, expected ${known.join(', ')}${meant}`,
      );
    }
  }

  title(): string {
    const order = Object.keys(this.instance);
    const shown = [...this.used].filter(([, value]) => value !== 1);
    shown.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    return (shown.length > 0 ? shown : [...this.used])
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');
  }
}
