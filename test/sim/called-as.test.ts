// A device is called by the name that was asked for, whatever its preset is called.

import { describe, expect, it } from 'vitest';
import { compareView } from '../../reports/views/compare.js';
import { stackView } from '../../reports/views/stack.js';
import { compare } from '../../sim/compare.node.js';
import { resolveContender } from '../../sim/resolve.node.js';
import { stack } from '../../sim/stack.node.js';
import { why } from '../../sim/why.node.js';

const style = { columns: 120, color: false };

describe('a device that was asked for by another name', () => {
  it('is called by that, with the preset’s name beside', async () => {
    const hardware = ['i7-5930k:dense', 'raspberry-pi-5', 'eie-64'];
    const found = await compare({ workloads: 'nt-we', hardware });
    expect(found[0]?.results.map(({ hardware, calledAs }) => [hardware, calledAs])).toEqual([
      ['i7-5930k', undefined],
      ['cortex-a76', 'raspberry-pi-5'],
      ['eie-64', undefined],
    ]);
    const causes = await why({ workloads: 'nt-we', hardware: ['raspberry-pi-5'] });
    const view = compareView(found, { layers: true, why: causes });
    const sections = view.sections(style);
    expect(sections.flatMap(({ lines = [] }) => lines)).toContain(
      'raspberry-pi-5 is the preset cortex-a76',
    );
    const said = JSON.stringify([
      sections.map(({ lines: _, ...rest }) => rest),
      view.subject,
      view.charts?.().flatMap(({ charts }) => charts.map(({ title, data }) => [title, data])),
    ]);
    expect(said).toContain('raspberry-pi-5');
    expect(said).not.toContain('cortex-a76');
  });

  it('is called by that in a chain of steps', async () => {
    const hardware = ['raspberry-pi-5', 'eie-64'];
    const found = await stack({ base: 'lenet-5', small: 'lenet-300-100', hardware });
    const view = stackView(found);
    const tables = view.sections(style).map(({ table }) => table);
    const charts = view.charts?.().flatMap(({ charts }) => charts.map(({ data }) => data));
    const said = JSON.stringify([tables, charts]);
    expect(said).toContain('raspberry-pi-5');
    expect(said).not.toContain('cortex-a76');
  });

  it('keeps the kernel that was asked for; files and presets have no other name', () => {
    const of = (text: string) => {
      const contender = resolveContender(text);
      return contender.kind === 'modelled' ? [contender.calledAs, contender.kernel] : [];
    };
    expect(of('raspberry-pi-5:dense')).toEqual(['raspberry-pi-5', 'dense']);
    expect(of('cortex-a76')).toEqual([undefined, undefined]);
    expect(of('hw-models/cpu/presets/cortex-a76.yaml')).toEqual([undefined, undefined]);
  });
});
