// The expressions of Jinja that Timeloop's example designs use: texts, names, `~`, calls of
// functions, and `| default(…)`. Everything else is refused by name.

/** What an expression gives: text, yes or no, a part of a YAML file, or nothing by that name. */
export type Value =
  | string
  | boolean
  | { readonly part: unknown }
  | { readonly missing: string }
  | null;

export interface Scope {
  readonly names: ReadonlyMap<string, Value>;
  /** @throws InputError for a function that is not known, or arguments that it does not take. */
  call(name: string, values: readonly Value[]): Promise<Value>;
  /** @throws InputError for what is no expression of this kind. */
  refuse(): never;
}

/** Deepest that expressions lie in each other. */
const DEEPEST = 20;

const TOKEN = /\s*(?:'([^']*)'|"([^"]*)"|([A-Za-z_]\w*)|(~|\||\(|\)|,))/y;

interface Token {
  readonly kind: 'text' | 'name' | 'sign';
  readonly value: string;
}

/** The value of an expression's text. */
export async function evaluate(text: string, scope: Scope): Promise<Value> {
  const reader = new Reader(tokensOf(text, scope), scope);
  return reader.whole();
}

function tokensOf(text: string, scope: Scope): readonly Token[] {
  const tokens: Token[] = [];
  const rest = text.trim();
  for (let at = 0; at < rest.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [found, single, double, name, sign] = TOKEN.exec(rest) ?? [];
    if (found === undefined) return scope.refuse();
    const quoted = single ?? double;
    if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted });
    else if (name !== undefined) tokens.push({ kind: 'name', value: name });
    else tokens.push({ kind: 'sign', value: sign ?? '' });
  }
  return tokens;
}

class Reader {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly scope: Scope,
  ) {}

  async whole(): Promise<Value> {
    const value = await this.joined();
    return this.at === this.tokens.length ? value : this.scope.refuse();
  }

  /** Texts joined by `~`. */
  private async joined(): Promise<Value> {
    if (++this.depth > DEEPEST) return this.scope.refuse();
    let value = await this.filtered();
    while (this.takes('~')) {
      const other = await this.filtered();
      const missing = [value, other].find((one) => isMissing(one));
      if (missing !== undefined) value = missing;
      else if (typeof value === 'string' && typeof other === 'string') value += other;
      else return this.scope.refuse();
    }
    this.depth--;
    return value;
  }

  private async filtered(): Promise<Value> {
    let value = await this.simple();
    while (this.takes('|')) {
      const name = this.next('name');
      if (name !== 'default') return this.scope.refuse();
      const [otherwise, ...more] = await this.list();
      if (otherwise === undefined || more.length > 0) return this.scope.refuse();
      if (isMissing(value)) value = otherwise;
    }
    return value;
  }

  private async simple(): Promise<Value> {
    if (this.takes('(')) {
      const value = await this.joined();
      return this.takes(')') ? value : this.scope.refuse();
    }
    const token = this.tokens[this.at];
    if (token?.kind === 'text') {
      this.at++;
      return token.value;
    }
    const name = this.next('name');
    if (this.tokens[this.at]?.value === '(' && this.tokens[this.at]?.kind === 'sign') {
      return this.scope.call(name, await this.list());
    }
    return this.scope.names.get(name) ?? { missing: name };
  }

  /** Arguments in brackets. */
  private async list(): Promise<readonly Value[]> {
    if (!this.takes('(')) return this.scope.refuse();
    const values: Value[] = [];
    if (this.takes(')')) return values;
    do values.push(await this.joined());
    while (this.takes(','));
    return this.takes(')') ? values : this.scope.refuse();
  }

  private takes(sign: string): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== 'sign' || token.value !== sign) return false;
    this.at++;
    return true;
  }

  private next(kind: Token['kind']): string {
    const token = this.tokens[this.at];
    if (token?.kind !== kind) return this.scope.refuse();
    this.at++;
    return token.value;
  }
}

export const isMissing = (value: Value): value is { readonly missing: string } =>
  value !== null && typeof value === 'object' && 'missing' in value;
