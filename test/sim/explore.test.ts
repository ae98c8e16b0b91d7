// What is worked out ahead is what would have been found when asked.

import { describe, expect, it } from 'vitest';
import { gatherOffer } from '../../reports/explorer/offer.node.js';
import { nextQuestions, questionOf } from '../../reports/explorer/sliders.js';
import { initialState } from '../../reports/explorer/state.js';
import { createExplorer } from '../../sim/explore.js';

const offer = gatherOffer({
  workload: 'lenet-300-100',
  hardware: ['eie-64', 'scnn'],
  batch: 1,
  seed: 0,
});
const state = { ...initialState(offer), weightDensity: 0.1 };
/** What is not drawn would have to be read. */
const random = nextQuestions(offer, state).filter(
  ({ workload }) => workload.weightDensity !== null,
);
const sources = {
  soundConfigs: new Map(offer.presets.map(({ family, config }) => [family, config])),
  readShippedWeights: async () => new Uint8Array(),
};

describe('the explorer', () => {
  it('finds the same ahead as when asked, whatever was let go between', async () => {
    // Densities, seeds and dials of both designs are among them.
    const questions = random.filter((_, at) => at % 2 === 0);
    const densities = new Set(questions.map(({ workload }) => workload.weightDensity));
    expect(densities.size).toBeGreaterThan(2);
    const [prepared, fresh] = [createExplorer(sources), createExplorer(sources)];
    await prepared.explore(questionOf(offer, state));
    for await (const _ of prepared.ahead(questions));
    for (const question of questions) {
      expect(await prepared.explore(question)).toEqual(await fresh.explore(question));
    }
  });

  it('drops work ahead for a question, and goes on afterwards', async () => {
    const questions = random.filter(
      ({ workload }) => workload.weightDensity !== state.weightDensity,
    );
    const [interrupted, fresh] = [createExplorer(sources), createExplorer(sources)];
    const ahead = interrupted.ahead(questions);
    await ahead.next();
    const [question = questionOf(offer, state)] = questions.toReversed();
    const expected = await fresh.explore(question);
    expect(await interrupted.explore(question)).toEqual(expected);
    await ahead.return();
    for await (const _ of interrupted.ahead(questions));
    expect(await interrupted.explore(question)).toEqual(expected);
  });

  it('stops between layers, and finds the same when it is asked again', async () => {
    const [stopped, fresh] = [createExplorer(sources), createExplorer(sources)];
    const question = questionOf(offer, state);
    const expected = await fresh.explore(question);
    for (let pauses = 1; ; pauses++) {
      const work = stopped.exploring(question);
      let isDone = false;
      for (let pause = 0; pause < pauses && !isDone; pause++)
        isDone = (await work.next()).done === true;
      if (isDone) {
        // Each of the two designs and their presets pauses behind each of its layers.
        expect(pauses).toBeGreaterThan(8);
        break;
      }
      await work.return(expected);
    }
    expect(await stopped.explore(question)).toEqual(expected);
  });

  it('passes over what cannot be', async () => {
    const explorer = createExplorer(sources);
    const question = questionOf(offer, state);
    const wrong = { ...question, workload: { ...question.workload, workload: 'nothing' } };
    for await (const _ of explorer.ahead([wrong, question]));
    await expect(explorer.explore(wrong)).rejects.toThrow("found the workload 'nothing'");
    expect((await explorer.explore(question)).designs).toHaveLength(question.designs.length);
  });
});
