// How unevenly the non-zeros of real pruned matrices are distributed, counted in one matrix: fc8 of
// the AlexNet that the authors of EIE released with their simulator (RalphMao/EIE-simulator), 1000
// × 4096, 25.66 % kept. Its rows differ with a standard deviation of 139 non-zeros and its columns
// with 25, where a uniform draw gives 28 and 14.

const rows = 1000;
const columns = 4096;
const density = 0.2566;
const rowDeviation = 139;
const columnDeviation = 25;

/** What a uniform draw of `size` places varies by, squared. */
const uniformVariance = (size: number) => size * density * (1 - density);

/**
 * The spread of the log odds of being kept that remains when a uniform draw's own scatter is taken
 * off: a share's coefficient of variation is its log odds' spread times (1 − density).
 */
const excess = (deviation: number, size: number) =>
  Math.sqrt(deviation ** 2 - uniformVariance(size)) / (size * density) / (1 - density);

/**
 * Standard deviations of the log odds by which rows (0.17) and columns (0.11) keep more or less
 * than the mean. Taken as the same for every layer: one number for sparse and nearly dense layers
 * alike, where no other matrix is published.
 */
export const overDispersion = {
  rows: excess(rowDeviation, columns),
  columns: excess(columnDeviation, rows),
} as const;
