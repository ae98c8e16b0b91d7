// The shipped studies as the paper's figures.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { figureSeries } from '../../../sim/sweep/figure-series.node.js';
import { studyNames } from '../../../sim/sweep/plan.node.js';
import { zeroskip } from '../../cli/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-figures-'));

describe('a study', () => {
  it.each(studyNames().filter((name) => name.startsWith('eie-figure')))(
    '%s is the figure, a line a workload',
    async (study) => {
      const store = join(folder, study);
      const { code, stdout } = await zeroskip(['sweep', study, '--store', store, '--quiet']);
      expect(code).toBe(0);
      const series = await figureSeries(store);
      expect(stdout.startsWith(`${series?.figure}: `)).toBe(true);
      for (const { values } of series?.lines ?? []) {
        expect(values).toHaveLength(series?.levels.length ?? 0);
        for (const value of values) expect(value).toBeGreaterThan(0);
        if (series?.isShare) for (const value of values) expect(value).toBeLessThanOrEqual(1);
      }
      if (study === 'eie-figure-11')
        for (const { values } of series?.lines ?? []) expect(values[0]).toBe(1);
    },
  );
});
