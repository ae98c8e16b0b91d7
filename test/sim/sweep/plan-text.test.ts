// A plan comes back from its text as it was, and a changed one is refused.

import { describe, expect, it } from 'vitest';
import { planSweep } from '../../../sim/sweep/plan.node.js';
import { readPlan } from '../../../sim/sweep/plan-text.node.js';
import { InputError } from '../../../workloads/base/errors.js';
import { planOf, smallSpec } from './small-plan.js';

describe("a sweep's plan", () => {
  it.each(['eie-space', 'eie-figure-8', 'eie-figure-13'])(
    'comes back as it was: %s',
    async (name) => {
      const plan = await planSweep(name);
      expect(readPlan(JSON.stringify(plan), 'x')).toEqual(plan);
    },
  );

  it('comes back with a network and weights from files', async () => {
    const plan = await planOf({
      ...smallSpec,
      workloads: `${process.cwd()}/test/fixtures/onnx/torch-16.onnx`,
    });
    expect(plan.workloads[0]?.network?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(readPlan(JSON.stringify(plan), 'x')).toEqual(plan);
  });

  it.each<[string, (text: string) => string, string]>([
    ['cut short', (text) => text.slice(0, 100), 'x: found no JSON'],
    [
      'another number',
      (text) => text.replace('"pes":64', '"pes":65'),
      'found another fingerprint than its own',
    ],
    [
      'a config that cannot be',
      (text) => text.replace('"pes":64', '"pes":0'),
      'eie-64: pes: found 0, expected',
    ],
    [
      'an unknown family',
      (text) => text.replace('"family":"eie"', '"family":"eye"'),
      'family: found "eye", expected cpu',
    ],
    [
      'a family that a plugin brought',
      (text) => text.replace('"family":"eie"', `"family":"own","plugin":"${'0'.repeat(64)}"`),
      'host-model: name its file by --plugin',
    ],
    [
      'a family of another text',
      (text) => text.replace('"family":"eie"', `"family":"eie","plugin":"${'0'.repeat(64)}"`),
      'bases.0.plugin: found a plugin of another text',
    ],
    [
      'an axis of nothing',
      (text) => text.replace('"values":[4,8,16]', '"values":[]'),
      'spec.axes.pes',
    ],
    [
      'an unknown key',
      (text) => text.replace('"bases"', '"basis":1,"bases"'),
      'basis: unknown key; did you mean bases?',
    ],
  ])('is refused with %s', async (_, change, message) => {
    const text = JSON.stringify(await planOf(smallSpec));
    const read = () => readPlan(change(text), 'x');
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });
});
