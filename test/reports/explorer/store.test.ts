// The explorer's state without a browser: undo, links, files.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { designYaml, sweepYaml } from '../../../reports/explorer/export-yaml.js';
import { gatherOffer } from '../../../reports/explorer/offer.node.js';
import { linkOf, stateOf } from '../../../reports/explorer/permalink.js';
import { type ExplorerState, initialState } from '../../../reports/explorer/state.js';
import { createStore } from '../../../reports/explorer/store.js';
import { InputError } from '../../../workloads/base/errors.js';

const offer = gatherOffer({
  workload: 'nt-we',
  hardware: ['eie-64:sparse', 'titan-x'],
  batch: 1,
  seed: 0,
});
const start = initialState(offer);

/** A change of one number or another, in a gesture or by itself. */
const changes = fc.array(
  fc.record({
    key: fc.constantFrom('batch' as const, 'seed' as const),
    value: fc.integer({ min: 1, max: 9 }),
    gesture: fc.constantFrom(undefined, 'one', 'other'),
    settles: fc.boolean(),
  }),
  { maxLength: 12 },
);

describe('the store', () => {
  it('undoes everything, whatever was done, and does it again', () => {
    fc.assert(
      fc.property(changes, (made) => {
        const store = createStore<ExplorerState>(start);
        for (const { key, value, gesture, settles } of made) {
          store.change((draft) => {
            draft[key] = value;
          }, gesture);
          if (settles) store.settle();
        }
        const end = store.state;
        while (store.canUndo) store.undo();
        expect(store.state).toEqual(start);
        while (store.canRedo) store.redo();
        expect(store.state).toEqual(end);
      }),
    );
  });

  it('undoes a gesture at once, and forgets what could be redone when something else is done', () => {
    const store = createStore<ExplorerState>(start);
    const setBatch = (batch: number, gesture?: string) =>
      store.change((draft) => {
        draft.batch = batch;
      }, gesture);
    for (const batch of [2, 4, 8]) setBatch(batch, 'drag');
    store.settle();
    setBatch(16, 'drag');
    store.undo();
    expect(store.state.batch).toBe(8);
    store.undo();
    expect(store.state.batch).toBe(1);
    expect(store.canUndo).toBe(false);
    setBatch(3);
    expect(store.canRedo).toBe(false);
  });

  it('leaves the states before a change as they were', () => {
    const store = createStore<ExplorerState>(start);
    store.change((draft) => {
      Object.assign(draft.designs[0].config, { pes: 8 });
    });
    expect(start.designs[0].config).toHaveProperty('pes', 64);
    expect(store.state.designs[0].config).toHaveProperty('pes', 8);
    expect(store.state.designs[1]).toBe(start.designs[1]);
  });
});

describe('a link', () => {
  it('holds every number of every design', () => {
    const config = { ...start.designs[0].config, pes: 2 };
    const state: ExplorerState = {
      ...start,
      weightDensity: 0.1,
      designs: [{ ...start.designs[0], config }],
    };
    const link = linkOf(state);
    expect(link).toMatch(/^1\.[\w-]+$/);
    expect(link.length).toBeLessThan(2000);
    expect(stateOf(link)).toEqual(state);
    expect(stateOf(linkOf(start))).toEqual(start);
  });

  it('that was cut, changed or made up is refused with a line', () => {
    const link = linkOf(start);
    const broken = fc.oneof(
      fc.integer({ min: 0, max: link.length - 1 }).map((length) => link.slice(0, length)),
      fc.string(),
      fc
        .string()
        .map((text) => `1.${btoa(unescape(encodeURIComponent(text))).replace(/[+/=]/g, '')}`),
    );
    fc.assert(
      fc.property(broken, (text) => {
        expect(() => stateOf(text)).toThrow(InputError);
      }),
    );
    const odd = linkOf({ ...start, batch: -1 });
    expect(() => stateOf(odd)).toThrow(/^link: batch: /);
  });
});

describe('files of designs', () => {
  it('build on the preset and say what differs, in its units', () => {
    const config = {
      ...start.designs[0].config,
      pes: 128,
      clockHz: 1e9 + 1,
      spmat: { widthBits: 64, bytes: 3000 },
    };
    const text = designYaml({ ...start.designs[0], config }, 0, offer);
    const estimate = { from: 'estimate', cite: 'turned in the explorer' };
    expect(parse(text)).toEqual({
      name: 'eie-64-a',
      title: 'EIE, 64 PEs, 45 nm, turned in the explorer',
      extends: 'eie-64',
      pes: { value: 128, unit: 'count', ...estimate },
      clockHz: { value: 1000.000001, unit: 'MHz', ...estimate },
      spmat: { bytes: { value: 2.9296875, unit: 'KiB', ...estimate } },
    });
  });

  it('of sweeps vary what was turned, through the levels of its dial', () => {
    const config = { ...start.designs[0].config, queueDepth: 5 };
    const state: ExplorerState = {
      ...start,
      activationDensity: 0.3,
      designs: [{ ...start.designs[0], config }],
    };
    expect(parse(sweepYaml(state, offer))).toEqual({
      name: 'eie-64-explored',
      hardware: ['eie-64-a.yaml:sparse'],
      workloads: 'nt-we',
      batch: 1,
      seed: 0,
      axes: {
        queueDepth: [1, 2, 4, 5, 8, 16, 32, 64, 128, 256],
        'workload.activationDensity': [0.3],
      },
      objectives: ['seconds', 'joules', 'area_mm2'],
    });
  });

  it('of sweeps name the sizes at which a file was read', () => {
    const own = { file: 'model.onnx', hasWeights: true, dims: { sequence: 64 }, notes: [] };
    const name = 'model (sequence 64).onnx';
    const workload = { name, title: name, weights: 1, own, drawnTogether: 1 };
    const workloads = [...offer.workloads, workload];
    const text = sweepYaml({ ...start, workload: name }, { ...offer, workloads });
    expect(parse(text)).toMatchObject({
      workloads: [{ name: 'model.onnx', dims: { sequence: 64 } }],
    });
    expect(text).toMatch(/^# zeroskip sweep sweep\.yaml, beside [^\n]*\n\nname: /);
  });
});
