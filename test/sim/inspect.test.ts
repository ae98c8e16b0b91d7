// Closer looks find what the commands find.

import { describe, expect, it } from 'vitest';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { questionOf } from '../../reports/explorer/sliders.js';
import { initialState } from '../../reports/explorer/state.js';
import { indexRecord, queuesAt } from '../../reports/machine/record-index.js';
import { createExplorer } from '../../sim/explore.js';
import { createInspector, type LayerRecord } from '../../sim/inspect.js';
import { why } from '../../sim/why.node.js';

const offer = gatherOffer({
  workload: 'nt-we',
  hardware: ['eie-64', 'titan-x'],
  batch: 1,
  seed: 0,
});
const explorer = createExplorer({
  soundConfigs: new Map(offer.presets.map(({ family, config }) => [family, config])),
  readShippedWeights: async () => new Uint8Array(),
});
const inspector = createInspector(explorer);
const { workload, designs } = questionOf(offer, initialState(offer));
const [eie, titan] = designs;
if (!eie || !titan) throw new Error('two designs were offered');

describe('a closer look', () => {
  it('gives the reasons of the command why', async () => {
    const [expected] = await why({ workloads: 'nt-we', hardware: ['eie-64'] });
    expect(await inspector.why({ workload, design: eie })).toEqual(expected);
  });

  it('records a layer from its first cycle to its last, no two slices of a track at once', async () => {
    const record = (await inspector.record(
      { workload, design: eie },
      'we',
      'sparse',
      1e6,
    )) as LayerRecord;
    expect(record.tracks).toHaveLength(65);
    const ends = new Map<number, number>();
    let overlaps = 0;
    for (const [at, track] of record.track.entries()) {
      const from = record.from[at] as number;
      if (from < (ends.get(track) ?? 0)) overlaps++;
      ends.set(track, from + (record.taken[at] as number));
    }
    expect(overlaps).toBe(0);
    const index = indexRecord(record);
    const cycles = Array.from({ length: 200 }, (_, cycle) => cycle);
    const fullest = cycles.map((cycle) => Math.max(...(queuesAt(index, cycle) ?? [])));
    expect(Math.max(...fullest)).toBe((eie.config as { queueDepth: number }).queueDepth);
    expect(Math.max(...ends.values())).toBeLessThanOrEqual(record.cycles);
  });

  it('has no record where a model knows no order of events', async () => {
    expect(await inspector.record({ workload, design: titan }, 'we', 'dense', 100)).toBeNull();
  });

  it('says which layers there are', async () => {
    await expect(inspector.record({ workload, design: eie }, 'fc9', 'sparse', 10)).rejects.toThrow(
      "'fc9'",
    );
    expect(inspector.graph('nt-we').map(({ name }) => name)).toEqual(['we']);
  });
});
