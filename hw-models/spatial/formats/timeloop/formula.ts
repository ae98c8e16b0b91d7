// Arithmetic in attributes, as Accelergy's front end evaluates it: numbers, names of other
// attributes, + − * / // % **, comparisons, `A if C else B`, and a few functions.

const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  max: Math.max,
  min: Math.min,
  ceil: Math.ceil,
  floor: Math.floor,
  round: Math.round,
  abs: Math.abs,
  sqrt: Math.sqrt,
  log2: Math.log2,
  pow: (base, exponent) => base ** exponent,
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

const TOKEN =
  /\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|[A-Za-z_]\w*|\*\*|\/\/|<=|>=|==|!=|[-+*/%(),<>])/iy;
const LONGEST = 1000;
const DEEPEST = 50;

/** The number that a formula comes to; null where it is none. `named` gives other attributes. */
export function numberOf(text: string, named: (name: string) => number | null): number | null {
  const tokens: string[] = [];
  const rest = text.trim();
  if (rest.length > LONGEST) return null;
  for (let at = 0; at < rest.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [, token] = TOKEN.exec(rest) ?? [];
    if (token === undefined) return null;
    tokens.push(token);
  }
  const value = new Formula(tokens, named).whole();
  return Number.isFinite(value) ? value : null;
}

/** Whatever is no formula makes the whole NaN. */
class Formula {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly named: (name: string) => number | null,
  ) {}

  whole(): number {
    const value = this.choice();
    return this.at === this.tokens.length ? value : Number.NaN;
  }

  /** A if C else B. */
  private choice(): number {
    if (++this.depth > DEEPEST) return this.fail();
    const value = this.compared();
    let chosen = value;
    if (this.takes('if')) {
      const condition = this.compared();
      const otherwise = this.takes('else') ? this.choice() : this.fail();
      chosen = condition !== 0 ? value : otherwise;
    }
    this.depth--;
    return chosen;
  }

  private compared(): number {
    const left = this.sum();
    const sign = this.tokens[this.at] ?? '';
    const compare = Object.hasOwn(comparisons, sign) ? comparisons[sign] : undefined;
    if (!compare) return left;
    this.at++;
    return Number(compare(left, this.sum()));
  }

  private sum(): number {
    let value = this.product();
    for (;;) {
      if (this.takes('+')) value += this.product();
      else if (this.takes('-')) value -= this.product();
      else return value;
    }
  }

  private product(): number {
    let value = this.signed();
    for (;;) {
      if (this.takes('*')) value *= this.signed();
      else if (this.takes('/')) value /= this.signed();
      else if (this.takes('//')) value = Math.floor(value / this.signed());
      else if (this.takes('%')) {
        const by = this.signed();
        value -= by * Math.floor(value / by);
      } else return value;
    }
  }

  private signed(): number {
    if (++this.depth > DEEPEST) return this.fail();
    const value = this.takes('-') ? -this.signed() : this.takes('+') ? this.signed() : this.power();
    this.depth--;
    return value;
  }

  /** Binds tighter than a sign before it, looser than one behind. */
  private power(): number {
    const base = this.single();
    return this.takes('**') ? base ** this.signed() : base;
  }

  private single(): number {
    if (this.takes('(')) {
      const value = this.choice();
      return this.takes(')') ? value : this.fail();
    }
    const token = this.tokens[this.at++] ?? '';
    if (/^[\d.]/.test(token)) return Number(token);
    if (!/^[a-z_]/i.test(token)) return this.fail();
    if (!this.takes('(')) return this.named(token) ?? Number.NaN;
    const of = Object.hasOwn(functions, token) ? functions[token] : undefined;
    const values = [this.choice()];
    while (this.takes(',')) values.push(this.choice());
    return of && this.takes(')') ? of(...values) : this.fail();
  }

  private takes(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  /** Nothing is read behind a fault. */
  private fail(): number {
    this.at = this.tokens.length + 1;
    return Number.NaN;
  }
}
