/**
 * One figure of the bench. Ratios name their baseline in the note and are above 1 where ours is
 * faster.
 */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly note: string;
}
