// Estimates from stand-ins beside the exact answers that they are there for.

import { describe, expect, it } from 'vitest';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { questionOf } from '../../reports/explorer/sliders.js';
import { designOf, initialState } from '../../reports/explorer/state.js';
import { type Answered, createEstimator, type Estimator } from '../../sim/estimate.js';
import { createExplorer, type Exploration, type ExplorerQuestion } from '../../sim/explore.js';

const offer = gatherOffer({ workload: 'nt-we', hardware: ['eie-64'], batch: 1, seed: 0 });
const soundConfigs = new Map(offer.presets.map(({ family, config }) => [family, config]));
const sources = { soundConfigs, readShippedWeights: async () => new Uint8Array() };

/** A preset on a network, and the same with one number of its config changed. */
function asked(name: string, workload: string, path?: string, factor = 1) {
  const preset = offer.presets.find((one) => one.name === name);
  if (!preset) throw new Error(`no preset ${name}`);
  const design = designOf(preset);
  const start = questionOf(offer, { ...initialState(offer), workload, designs: [design] });
  const config = structuredClone(design.config) as Record<string, number>;
  if (path) config[path] = Math.round((config[path] ?? Number.NaN) * factor);
  const turned: ExplorerQuestion = { ...start, designs: [{ ...design, config }, design] };
  return { start, turned };
}

const secondsOf = (found: Exploration | undefined, at = 0) => {
  const design = found?.designs[at];
  return design && 'row' in design ? design.row.seconds : Number.NaN;
};

const never = () => false;

/** What an estimator finds. */
const estimated = (
  estimator: Estimator,
  question: ExplorerQuestion,
  base: Answered | null,
  isLate = never,
) => {
  const work = estimator.estimating(question, base, isLate);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
};

describe('an estimate', () => {
  it.each([
    ['eie-64', 'clockHz', 0.5, 0.02],
    ['eie-64', 'pes', 0.5, 0.2],
    ['eyeriss', 'clockHz', 0.5, 0.05],
    ['scnn', 'peRows', 0.5, 0.3],
    ['zen4-host', 'clock', 0.5, 0.05],
  ])('of %s moves as the exact answer does where %s is turned by %d', async (...given) => {
    const [preset, path, factor, tolerance] = given;
    const { start, turned } = asked(preset, 'nt-we', path, factor);
    const explorer = createExplorer(sources);
    const base = { question: start, exploration: await explorer.explore(start) };
    const found = estimated(createEstimator(soundConfigs), turned, base);
    const exact = await explorer.explore(turned);
    expect(found?.isCoarse).toBe(false);
    expect(secondsOf(found?.exploration)).toBeWithin(tolerance, secondsOf(exact));
    // What was known exactly stays what it is.
    expect(found?.exploration.designs[1]).toEqual(exact.designs[1]);
    expect(found?.exploration.workload).toEqual(exact.workload);
  });

  it('has blocks in use for as long a share as the exact answer, within its own error', async () => {
    const { start, turned } = asked('eie-64', 'nt-we', 'pes', 0.5);
    const explorer = createExplorer(sources);
    const base = { question: start, exploration: await explorer.explore(start) };
    const found = estimated(createEstimator(soundConfigs), turned, base);
    const exact = await explorer.explore(turned);
    const useIn = (answer: Exploration | undefined, block: string) => {
      const design = answer?.designs[0];
      const [layer] = design && 'row' in design ? design.row.layers : [];
      return (layer?.busy?.[block] ?? Number.NaN) / (layer?.cycles ?? 1);
    };
    for (const block of ['arithmetic', 'ptr_read'])
      expect(useIn(found?.exploration, block)).toBeWithin(0.3, useIn(exact, block));
  });

  it('of more frames and of other densities follows them', async () => {
    const { start } = asked('eie-64', 'nt-we');
    const explorer = createExplorer(sources);
    const base = { question: start, exploration: await explorer.explore(start) };
    const estimator = createEstimator(soundConfigs);
    for (const change of [{ batch: 8 }, { weightDensity: 0.2 }, { activationDensity: 0.5 }]) {
      const question = { ...start, workload: { ...start.workload, ...change } };
      const exact = secondsOf(await explorer.explore(question));
      expect(secondsOf(estimated(estimator, question, base)?.exploration)).toBeWithin(0.3, exact);
    }
  });

  it('that has no time looks at one layer and lets the others follow it', async () => {
    const { start, turned } = asked('eie-64', 'lenet-300-100', 'clockHz', 0.5);
    const workload = { ...start.workload, weightDensity: 0.1 };
    const question = { ...start, workload };
    const base = { question, exploration: await createExplorer(sources).explore(question) };
    const estimator = createEstimator(soundConfigs);
    const found = estimated(estimator, { ...turned, workload }, base, () => true);
    expect(found?.isComplete).toBe(false);
    expect(secondsOf(found?.exploration)).toBeWithin(0.02, 2 * secondsOf(base.exploration));
  });

  it('is coarse from another network or another preset, and says a fault as the exact answer does', async () => {
    const { start, turned } = asked('eie-64', 'nt-we', 'pes', 3);
    const explorer = createExplorer(sources);
    const base = { question: start, exploration: await explorer.explore(start) };
    const estimator = createEstimator(soundConfigs);
    for (const [preset, network] of [
      ['eie-64', 'nt-wd'],
      ['scnn', 'nt-we'],
    ] as const) {
      const { start: other } = asked(preset, network);
      const found = estimated(estimator, other, base);
      expect(found?.isCoarse).toBe(true);
      expect(found).toEqual(estimated(createEstimator(soundConfigs), other, null));
    }
    const wrong = structuredClone(turned);
    Object.assign(wrong.designs[0]?.config ?? {}, { queueDepth: -1 });
    const exact = await explorer.explore(wrong);
    const found = estimated(estimator, wrong, base)?.exploration;
    expect(found?.designs[0]).toEqual(exact.designs[0]);
  });

  it('after a rehearsal is the same', async () => {
    const { start, turned } = asked('scnn', 'nt-we', 'peRows', 0.5);
    const exploration = await createExplorer(sources).explore(start);
    const base = { question: start, exploration };
    const cold = createEstimator(soundConfigs);
    const rehearsed = createEstimator(soundConfigs);
    for (const _ of rehearsed.rehearsing(base));
    expect(estimated(rehearsed, turned, base)).toEqual(estimated(cold, turned, base));
  });
});

describe('a coarse estimate', () => {
  it.each([
    ['cortex-a55', 'nt-lstm', 0.02],
    ['dimensity-9300', 'ds-cnn', 0.05],
    ['jetson-orin-nano', 'ds-cnn', 0.05],
    ['titan-x-pascal', 'mobilenet-v1-0.25', 0.05],
    ['edge-tpu', 'resnet-8', 0.02],
    ['eie-64', 'nt-wd', 0.3],
    ['tpu-v1', 'nt-wd', 0.1],
    ['scnn', 'ds-cnn', 0.5],
  ])('of %s on %s has the exact time within %d, and none of its zeros', async (...given) => {
    const [preset, network, tolerance] = given;
    const { start } = asked(preset, network);
    const found = estimated(createEstimator(soundConfigs), start, null);
    const exact = await createExplorer(sources).explore(start);
    expect(found).toMatchObject({ isCoarse: true, isComplete: true });
    expect(secondsOf(found?.exploration)).toBeWithin(tolerance, secondsOf(exact));
    const layers = (answer: Exploration | undefined) => answer?.workload.layers ?? [];
    expect(layers(found?.exploration).map(({ name }) => name)).toEqual(
      layers(exact).map(({ name }) => name),
    );
  });

  it('of weights that do not fit on the chip streams them, as the exact answer does', async () => {
    const { start } = asked('eie-64', 'nt-wd');
    const [design] = start.designs;
    const config = structuredClone(design?.config) as { spmat: { bytes: number } };
    config.spmat.bytes /= 32;
    const small = start.designs.map((own) => ({ ...own, config }));
    const question: ExplorerQuestion = { ...start, designs: small };
    const found = estimated(createEstimator(soundConfigs), question, null)?.exploration;
    const exact = await createExplorer(sources).explore(question);
    const notesOf = ({ designs: [first] }: Exploration) =>
      first && 'row' in first ? first.row.notes.join() : '';
    expect(notesOf(exact)).toContain('does not fit');
    expect(found && notesOf(found)).toContain('does not fit');
    expect(secondsOf(found)).toBeWithin(0.3, secondsOf(exact));
  });

  it('without time costs a layer of each likeness at most, and all layers have a time', () => {
    const { start } = asked('jetson-orin-nano', 'mobilenet-v1');
    const found = estimated(createEstimator(soundConfigs), start, null, () => true);
    expect(found?.isComplete).toBe(false);
    const [design] = found?.exploration.designs ?? [];
    const layers = design && 'row' in design ? design.row.layers : [];
    expect(layers.length).toBe(30);
    for (const { seconds } of layers) expect(seconds).toBeGreaterThan(0);
  });
});
