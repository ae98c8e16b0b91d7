// What Timeloop prints of a mapping on a design (timeloop-model.stats.txt, timeloop-mapper.stats.txt),
// as numbers, for tests.

/** One data-space at one level; keys as printed, '(per-instance)' left out. */
export type PrintedSpace = ReadonlyMap<string, number>;

export interface PrintedLevel {
  readonly name: string;
  /** Numbers under SPECS and STATS. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly spaces: ReadonlyMap<string, PrintedSpace>;
}

export interface Printed {
  /** The compute units first, then the levels from the innermost out. */
  readonly levels: readonly PrintedLevel[];
  readonly cycles: number;
  /** fJ of a product, over all levels. */
  readonly femtojoules: number;
}

export function printedIn(text: string): Printed {
  const levels: PrintedLevel[] = [];
  let numbers = new Map<string, number>();
  let spaces = new Map<string, Map<string, number>>();
  let space: Map<string, number> | null = null;
  let last = '';
  const [body = '', tail = ''] = text.split(/^Networks$/m);
  for (const line of body.split('\n')) {
    const [, level] = /^=== (\S+) ===/.exec(line) ?? [];
    if (level !== undefined) {
      numbers = new Map();
      spaces = new Map();
      space = null;
      levels.push({ name: level, numbers, spaces });
      continue;
    }
    const [, own] = /^ {4}(\w+):$/.exec(line) ?? [];
    if (own !== undefined) {
      space = new Map();
      spaces.set(own, space);
      continue;
    }
    const [, metadata, payload] =
      /Rank \d+ \(metadata, payload\): \((\d+), *(\d+)\)/.exec(line) ?? [];
    if (metadata !== undefined && space) {
      space.set(last, (space.get(last) ?? 0) + Number(metadata) + Number(payload));
      continue;
    }
    const [, key, value] = /^\s+(\S.*?)\s*:\s*(-?[\d.]+)/.exec(line) ?? [];
    last = line.trim().replace(/\s*\(per-instance\)/, '');
    if (key === undefined) continue;
    const name = key.replace(' (per-instance)', '');
    (space ?? numbers).set(name, Number(value));
  }
  const of = (pattern: RegExp) => Number(pattern.exec(tail)?.[1] ?? Number.NaN);
  return {
    levels,
    cycles: of(/^Cycles: (\d+)/m),
    femtojoules: of(/\n(?:Actual )?Computes = \d+\n.*\n(?:.*\n)*? +Total += ([\d.]+)/),
  };
}
