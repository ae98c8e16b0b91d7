// The error function and its complement, to about 15 digits.

const TERMS = 80;
/** From here on the continued fraction is at least as exact as the series. */
const TAIL = 2.5;

/** 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): number {
  const size = Math.abs(x);
  return size < TAIL ? series(x) : Math.sign(x) * (1 - tail(size));
}

/** 1 − erf(x), without the loss of digits where erf(x) is close to 1. */
export function erfc(x: number): number {
  if (x >= TAIL) return tail(x);
  return x <= -TAIL ? 2 - tail(-x) : 1 - series(x);
}

/**
 * Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6: all terms have the sign of x.
 */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < TERMS && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The same, 7.1.14, from its far end. */
function tail(x: number): number {
  if (Number.isNaN(x)) return x;
  let fraction = x;
  for (let n = TERMS; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
