// Timeloop's architectures of versions 0.2 to 0.4 (github.com/NVlabs/timeloop, its documentation):
// nested containers and components with tags, or subtrees with `local` components and ranges in
// their names.

import { isMap } from '../../../../workloads/formats/timeloop/merge.js';
import { TAG } from '../../../../workloads/formats/yaml/document.js';
import { clockOf, computeOf, isCompute, isStorage, storageOf } from './components.js';
import type { Design, Fanout, Storage } from './design.js';
import { allDirectives, type Directive, directivesOf } from './directives.js';
import {
  fault,
  inside,
  listOf,
  mapOf,
  nameOf,
  type Part,
  shown,
  type TimeloopInput,
  type Values,
} from './input.js';
import { withSparse } from './sparse.js';

/** @throws InputError, one line with its place, for what is no architecture of Timeloop. */
export function designOf(input: TimeloopInput): Design {
  const { architecture } = input;
  if (!architecture) throw new Error('no architecture');
  const values = mapOf(architecture);
  const walk = new Walk(input);
  if (Array.isArray(values.nodes)) walk.nodes(inside(architecture, 'nodes'), {});
  else if (Array.isArray(values.subtree)) walk.subtree(inside(architecture, 'subtree'), {}, 1);
  else {
    const found = Object.keys(values).join(', ') || 'nothing';
    throw fault(architecture, found, 'nodes (version 0.4) or subtree (0.2 and 0.3)');
  }
  return walk.design(architecture);
}

/** Containers and components in the order in which data passes them. */
class Walk {
  private name: string | null = null;
  private readonly found: (Storage | Fanout)[] = [];
  private readonly others: { readonly part: Part; readonly attributes: Values }[] = [];
  private readonly constraints: Directive[] = [];
  private readonly notes: string[] = [];
  private readonly sparse = new Map<string, Part>();
  private readonly seen = new Set<string>();
  private clockHz: number | null = null;
  /** Instances so far, in all and along x. */
  private counted = { all: 1, x: 1 };

  constructor(private readonly input: TimeloopInput) {}

  /** Version 0.4. Attributes of a container hold for all that follows. */
  nodes(list: Part, outer: Values): void {
    let attributes = outer;
    for (const part of listOf(list)) {
      const node = mapOf(part);
      const kind = node[TAG];
      if (kind === 'Nothing') continue;
      if (kind === 'Parallel' || kind === 'Hierarchical' || kind === 'Pipelined') {
        this.nodes(inside(part, 'nodes'), attributes);
        continue;
      }
      if (kind !== 'Container' && kind !== 'Component') {
        const expected = '!Container, !Component, !Parallel, !Hierarchical or !Nothing';
        throw fault(part, kind === undefined ? 'a node without tag' : `!${kind}`, expected);
      }
      const name = this.unique(inside(part, 'name'));
      const own = { ...attributes, ...this.attributesOf(part) };
      if (node.spatial !== undefined) this.fanout(inside(part, 'spatial'), name);
      if (node.constraints !== undefined) {
        this.constraints.push(...directivesOf(inside(part, 'constraints'), name));
      }
      if (kind === 'Container') {
        this.name ??= name;
        attributes = own;
      } else this.component(part, own, name);
    }
  }

  /** Versions 0.2 and 0.3: `outerCount` instances of all that a subtree holds. */
  subtree(list: Part, outer: Values, outerCount: number): void {
    for (const [at, part] of listOf(list).entries()) {
      if (at > 0) throw fault(part, 'a second subtree', 'one within another');
      const { name, count } = ranged(nameOf(inside(part, 'name')));
      this.name ??= name;
      const attributes = { ...outer, ...this.attributesOf(part) };
      for (const local of listOf(inside(part, 'local'))) {
        const own = { ...attributes, ...this.attributesOf(local) };
        const stated = ranged(nameOf(inside(local, 'name')));
        const name = this.unique(inside(local, 'name'), stated.name);
        const instances = outerCount * count * stated.count;
        this.component(local, own, name, () => this.widen(local, name, instances, own.meshX));
      }
      const inner = inside(part, 'subtree');
      if (inner.value !== undefined) this.subtree(inner, attributes, outerCount * count);
    }
  }

  /** An array between what came before and `all` instances, `meshX` of them along x. */
  private widen(local: Part, name: string, all: number, meshX: unknown): void {
    const before = this.counted;
    if (all === before.all) return;
    const alongX = meshX ?? all;
    const part = inside(local, 'attributes', 'meshX');
    if (typeof alongX !== 'number') throw fault(part, shown(alongX), 'a whole number');
    const x = alongX / before.x;
    const y = all / before.all / x;
    if (!(Number.isInteger(x) && Number.isInteger(y) && x >= 1 && y >= 1)) {
      const outside = `${before.all} instances outside, ${before.x} of them along x`;
      throw fault(part, `${alongX} of ${all} along x`, `a multiple: ${outside}`);
    }
    requireFew(inside(local, 'name'), x * y);
    this.found.push({ kind: 'array', name: `${name}_array`, x, y });
    this.counted = { all, x: alongX };
  }

  private unique(part: Part, name = nameOf(part)): string {
    if (this.seen.has(name)) throw fault(part, `${name} a second time`, 'a name for each node');
    this.seen.add(name);
    return name;
  }

  private attributesOf(part: Part): Values {
    const own = inside(part, 'attributes');
    const values = own.value === undefined || own.value === null ? {} : mapOf(own);
    this.clockHz ??= clockOf(own);
    return values;
  }

  private fanout(part: Part, name: string): void {
    const values = mapOf(part);
    const extent = (key: string): number => {
      const value = values[key] ?? 1;
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
      throw fault(inside(part, key), shown(value), 'a whole number of at least 1');
    };
    for (const key of Object.keys(values)) {
      if (key !== 'meshX' && key !== 'meshY') {
        throw fault(inside(part, key), 'an unknown key', 'meshX, meshY');
      }
    }
    const [x, y] = [extent('meshX'), extent('meshY')];
    requireFew(part, x * y);
    if (x * y > 1) this.found.push({ kind: 'array', name, x, y });
  }

  /** `found` is told of those that data passes. */
  private component(part: Part, attributes: Values, name: string, found = () => {}): void {
    const values = mapOf(part);
    const sparse = inside(part, 'sparse_optimizations');
    if (sparse.value !== undefined) this.sparse.set(name, sparse);
    const computes = isCompute(values);
    if (computes || isStorage(values, this.input)) found();
    if (!computes && isStorage(values, this.input)) {
      this.found.push(storageOf(part, attributes, name, this.input, this.notes));
      return;
    }
    this.others.push({ part, attributes });
  }

  design(architecture: Part): Design {
    const units = this.others.at(-1);
    if (!units) throw fault(architecture, 'no compute units', 'a component that multiplies, last');
    for (const { part } of this.others.slice(0, -1)) {
      this.notes.push(`${nameOf(inside(part, 'name'))} keeps no data and is left out`);
    }
    if (!this.found.some(({ kind }) => kind === 'storage')) {
      throw fault(architecture, 'no storage', 'one that holds every data-space');
    }
    const { variables, constraints } = this.input;
    const own = inside(architecture, 'constraints');
    const directives = [
      ...this.constraints,
      ...(isMap(own.value) ? allDirectives(own) : []),
      ...constraints.flatMap(allDirectives),
    ];
    const name = nameOf(inside(units.part, 'name')).replace(/\[[^\]]*\]$/, '');
    return withSparse(
      {
        name: this.name ?? 'design',
        file: architecture.file.name,
        nodes: this.found,
        compute: computeOf(units.part, units.attributes, name, this.input),
        clockHz: this.clockHz ?? (variables && clockOf(variables)),
        constraints: directives,
        notes: this.notes,
      },
      this.input,
      this.sparse,
    );
  }
}

/** More instances side by side than any chip has are a slip, and take long to spread loops over. */
const MAX_FANOUT = 2 ** 20;

function requireFew(part: Part, instances: number): void {
  if (instances <= MAX_FANOUT) return;
  throw fault(part, `${instances} instances`, `at most ${MAX_FANOUT} side by side`);
}

/** 'PE[0..167]' as a name and a number. */
function ranged(text: string): { readonly name: string; readonly count: number } {
  const [, name = text, first, last] = /^(.*?)\[(\d+)\.\.(\d+)\]$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return { name: text, count: 1 };
  return { name, count: Math.max(1, Number(last) - Number(first) + 1) };
}
