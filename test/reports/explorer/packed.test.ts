// Explorations on their way between a page and its workers: they arrive as they were sent.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../../../reports/explorer/packed.js';
import type { Exploration } from '../../../sim/explore.js';
import type { LayerResult, Row } from '../../../sim/result.js';
import type { LayerSummary } from '../../../sim/summary.js';

const arrived = (sent: Exploration) => unpack(structuredClone(pack(sent)));

const result = (
  name: string,
  seconds: number,
  joules: number | null,
  busy?: number,
): LayerResult => ({
  ...{ name, kernel: 'dense', precision: null, nonzeros: 4, cycles: 7, seconds, joules },
  ...{ bound: 'compute', energy: joules === null ? null : { mac: joules }, time: { compute: 7 } },
  counters: { macs: seconds },
  ...(busy === undefined ? {} : { busy: { array: busy } }),
});

const summary = (name: string, macsDense: number, nonzeros: number): LayerSummary => ({
  ...{ name, kind: 'dense', parameters: 9, nonzeros, macsDense, macsNonzero: macsDense / 2 },
  ...{ activationDensity: 0.5, activationsOrigin: 'synthetic' },
});

const rowOf = (layers: readonly LayerResult[]) =>
  ({ hardware: 'some', seconds: 1, layers, notes: ['said once'] }) as unknown as Row;

const explorationOf = (
  layers: readonly LayerSummary[],
  designs: Exploration['designs'],
): Exploration =>
  ({ workload: { name: 'some', weights: 5, layers }, designs }) as unknown as Exploration;

describe('a packed exploration', () => {
  const small = fc.integer({ min: 1, max: 3 });
  const layer = fc.record({
    name: fc.string(),
    seconds: small,
    joules: fc.option(small),
    busy: fc.option(small, { nil: undefined }),
    isShared: fc.boolean(),
  });

  it('arrives as it was sent, whatever layers share', () => {
    fc.assert(
      fc.property(fc.array(layer), fc.boolean(), fc.boolean(), (layers, isRenamed, isTwin) => {
        // Layers alike share their parts, as rows of a model do, or have their own.
        const shared = new Map<string, LayerResult>();
        const results = layers.map(({ name, seconds, joules, busy, isShared }) => {
          const key = JSON.stringify([seconds, joules, busy]);
          const made = result(name, seconds, joules, busy);
          const first = isShared ? (shared.get(key) ?? made) : made;
          shared.set(key, first);
          return { ...first, name: isRenamed ? `${name}'` : name };
        });
        const summaries = layers.map(({ name, seconds, busy = 0 }) => summary(name, seconds, busy));
        const row = rowOf(results);
        const sent = explorationOf(summaries, [
          { row },
          { row: isTwin ? row : rowOf(results.slice(1)) },
          { fault: 'pes: found 0, expected 1 or more' },
        ]);
        const found = arrived(sent);
        expect(found).toEqual(sent);
        const [a, b] = found.designs;
        expect(a && b && 'row' in a && 'row' in b && a.row === b.row).toBe(isTwin);
      }),
    );
  });

  it('holds once what layers share', () => {
    const first = result('0', 1, 2);
    const layers = Array.from({ length: 500 }, (_, at) => ({ ...first, name: `${at}` }));
    const summaries = layers.map(({ name }) => summary(name, 8, 2));
    const { designs, workload } = pack(explorationOf(summaries, [{ row: rowOf(layers) }]));
    const [design] = designs;
    expect(design && 'row' in design && design.row.layers.kinds.length).toBe(1);
    expect(workload.layers.kinds.length).toBe(1);
  });
});
