// Accelergy's compound components: what each action of a component consists of, down to the
// primitive components that have energies of their own. Attributes of parts are formulas over those
// of the whole, names may stand for several parts ('adder[0..1]').

import { isMap } from '../../../../workloads/formats/timeloop/merge.js';
import { Numbers } from './attributes.js';
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
import { type Primitive, primitiveJoules } from './primitives.js';

/** An action of a primitive component, so many times. */
interface Use {
  readonly primitive: Primitive;
  readonly action: string;
  readonly times: number;
}

/** What each action of a component consists of. */
export interface Compound {
  readonly className: string;
  readonly actions: ReadonlyMap<string, readonly Use[]>;
}

const MAX_DEPTH = 8;
/** Uses of primitives in all actions of one component. */
const MAX_USES = 10_000;

/** What actions of parts may say beside their name. */
const OF_ACTION = ['name', 'arguments', 'energy_scale', 'repeat', 'repeats'];

export const classesOf = ({ components }: TimeloopInput): readonly Part[] =>
  components.flatMap((part) => {
    if (Array.isArray(part.value)) return listOf(part);
    return isMap(part.value) ? listOf(inside(part, 'classes')) : [];
  });

/**
 * A component of a compound class with these attributes; null where no file describes the class.
 * @throws InputError, with its place, where the description makes no sense
 */
export function compoundOf(
  className: string,
  attributes: Values,
  input: TimeloopInput,
): Compound | null {
  const classes = new Map(
    classesOf(input).map((part) => [String(mapOf(part).name), part] as const),
  );
  if (!classes.has(className)) return null;
  const reader = new Reader(classes, input);
  return { className, actions: reader.actionsOf(className, attributes, []) };
}

class Reader {
  constructor(
    private readonly classes: ReadonlyMap<string, Part>,
    private readonly input: TimeloopInput,
  ) {}

  private uses = 0;

  actionsOf(
    className: string,
    given: Values,
    within: readonly string[],
  ): ReadonlyMap<string, readonly Use[]> {
    const part = this.classes.get(className) as Part;
    if (within.includes(className) || within.length >= MAX_DEPTH) {
      throw fault(
        part,
        [...within, className].join(' of '),
        'parts that are not made of themselves',
      );
    }
    const defaults = mapOf(part).attributes;
    const own = Object.entries(isMap(defaults) ? defaults : {}).filter(
      ([, value]) => value !== 'must_specify',
    );
    const scope = new Numbers(part, { ...Object.fromEntries(own), ...given }, this.input);
    const parts = new Map(
      listOf(inside(part, 'subcomponents')).map((sub) => {
        const { base } = this.named(inside(sub, 'name'), scope);
        return [base, this.subcomponent(sub, scope, [...within, className])] as const;
      }),
    );
    return new Map(
      listOf(inside(part, 'actions')).map((action) => [
        nameOf(inside(action, 'name')),
        listOf(inside(action, 'subcomponents')).flatMap((of) => this.usesOf(of, parts, scope)),
      ]),
    );
  }

  /** 'adder[0..1]' is two adders. */
  private named(part: Part, scope: Numbers): { readonly base: string; readonly count: number } {
    const name = nameOf(part);
    const [, base, from, to] = /^([\w-]+)(?:\[(.+?)(?:\.\.(.+))?\])?$/.exec(name) ?? [];
    if (base === undefined) throw fault(part, shown(name), 'a name, or name[from..to]');
    if (to === undefined) return { base, count: 1 };
    const [first, last] = [scope.numberOf(from), scope.numberOf(to)];
    if (first === null || last === null || last < first) {
      throw fault(part, shown(name), 'name[from..to], from no more than to');
    }
    return { base, count: last - first + 1 };
  }

  private subcomponent(part: Part, scope: Numbers, within: readonly string[]) {
    const values = mapOf(part);
    const stated = values.subclass ?? values.class;
    if (typeof stated !== 'string') throw fault(inside(part, 'class'), shown(stated), 'a class');
    const numbers = new Map<string, number>();
    const texts = new Map<string, string>();
    for (const [key, value] of Object.entries(isMap(values.attributes) ? values.attributes : {})) {
      const number = scope.numberOf(value);
      if (number !== null) numbers.set(key, number);
      else if (typeof value === 'string') texts.set(key, scope.textOf(value) ?? value);
    }
    const energyScale = this.factor(part, 'energy_scale', scope);
    if (!this.classes.has(stated)) {
      return { actions: null, primitive: { className: stated, numbers, texts }, energyScale };
    }
    const given = { ...Object.fromEntries(texts), ...Object.fromEntries(numbers) };
    return { actions: this.actionsOf(stated, given, within), primitive: null, energyScale };
  }

  private factor(part: Part, key: string, scope: Numbers): number {
    const stated = inside(part, key);
    if (stated.value === undefined || stated.value === null) return 1;
    const value = scope.numberOf(stated.value);
    if (value !== null && value >= 0) return value;
    throw fault(stated, shown(stated.value), 'a number of at least 0');
  }

  private usesOf(
    part: Part,
    parts: ReadonlyMap<string, ReturnType<Reader['subcomponent']>>,
    scope: Numbers,
  ): readonly Use[] {
    const { base, count } = this.named(inside(part, 'name'), scope);
    const found = parts.get(base);
    if (!found) {
      throw fault(inside(part, 'name'), base, [...parts.keys()].join(', ') || 'subcomponents');
    }
    return listOf(inside(part, 'actions')).flatMap((of): readonly Use[] => {
      const values = mapOf(of);
      for (const key of Object.keys(values)) {
        if (!OF_ACTION.includes(key)) throw fault(inside(of, key), key, OF_ACTION.join(', '));
      }
      const action = nameOf(inside(of, 'name'));
      if (isIdle(values.arguments)) return [];
      const repeats = this.factor(of, 'repeat', scope) * this.factor(of, 'repeats', scope);
      const times = count * repeats * this.factor(of, 'energy_scale', scope) * found.energyScale;
      const inner = found.actions?.get(action);
      if (found.actions && !inner) {
        throw fault(inside(of, 'name'), action, [...found.actions.keys()].join(', ') || 'actions');
      }
      const uses = inner
        ? inner.map((use) => ({ ...use, times: use.times * times }))
        : [{ primitive: found.primitive as Primitive, action, times }];
      this.uses += uses.length;
      if (this.uses > MAX_USES) {
        throw fault(part, `more than ${MAX_USES} parts`, 'fewer parts in all actions');
      }
      return uses;
    });
  }
}

/** An access that repeats the one before: neither data nor address change. */
const isIdle = (given: unknown) =>
  isMap(given) && given.data_delta === 0 && given.address_delta === 0;

/** What is known of the energy of an action. */
export interface Known {
  readonly joules: number;
  /** Classes without a law, whose part is not in it. */
  readonly missing: readonly string[];
}

/** Energy of the first of `names` that the component has; null where it has none. */
export function compoundJoules(
  { actions }: Compound,
  names: readonly string[],
  processNm: number,
): Known | null {
  const uses = names.flatMap((name) => {
    const found = actions.get(name);
    return found ? [found] : [];
  })[0];
  if (!uses) return null;
  let joules = 0;
  const missing = new Set<string>();
  for (const { primitive, action, times } of uses) {
    const each = primitiveJoules(primitive, action, processNm);
    if (each === null) missing.add(primitive.className);
    else joules += each * times;
  }
  return { joules, missing: [...missing] };
}
