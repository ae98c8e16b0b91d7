/** Counts what this machine draws. */
export interface EnergyMeter {
  /** What is counted: 'package-0', 'dram'. */
  readonly domains: readonly string[];
  /**
   * Starts counting. The returned function gives the joules since then; a counter must not wrap
   * twice in between.
   */
  start(): () => number;
}
