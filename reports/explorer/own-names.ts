// How the page names networks and devices that come from a reader's own files.

/** Extents of open dimensions by their names. */
export type Extents = Readonly<Record<string, number>>;

/** What `names` calls the file's network number `at`: the key of messages between page and workers. */
export const keyOf = (file: string, at: number) => `${file}#${at}`;

/** Links hold names of up to 200 characters. */
const LONGEST = 180;

/** The name of a file's network; those of a file with several are told apart by `network`. */
export function ownName(file: string, of: number, network: string): string {
  const name = of === 1 ? file : `${file}/${network.replaceAll(/[\\/@]+/g, '-')}`;
  return name.slice(-LONGEST);
}

/** 'model (sequence 64).onnx': the name of a network whose open dimensions were told. */
export function nameAt(name: string, dims: Extents): string {
  const told = Object.entries(dims).map(([dimension, extent]) => `${dimension} ${extent}`);
  if (told.length === 0) return name;
  const [, stem = name, ending = ''] = /^(.+?)(\.\w+)?$/.exec(name) ?? [];
  return `${stem} (${told.join(', ').replaceAll(/[\\/@]+/g, '-')})${ending}`.slice(-LONGEST);
}

/**
 * `name`, or where another has it 'model (2).onnx', … What was read before stays: results that are
 * shown may be of it.
 */
export function unusedName(name: string, taken: ReadonlySet<string>): string {
  const [, stem = name, ending = ''] = /^(.+?)(\.\w+)?$/.exec(name) ?? [];
  for (let number = 2, made = name; ; number++) {
    if (!taken.has(made)) return made;
    made = `${stem} (${number})${ending}`;
  }
}
