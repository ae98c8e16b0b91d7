// Charts of as many devices as there are presets.

import { expect, it } from 'vitest';
import { look } from '../../../reports/charts/look.js';
import { drawSvg } from '../../../reports/charts/render.js';

it('a legend has every series, however many there are', async () => {
  const names = Array.from({ length: 60 }, (_, at) => `device-${at}`);
  const svg = await drawSvg({
    width: 340,
    data: { values: names.map((name, at) => ({ name, value: at })) },
    mark: 'bar',
    encoding: {
      x: { field: 'name', type: 'nominal', axis: null },
      y: { field: 'value', type: 'quantitative' },
      color: { field: 'name', type: 'nominal', legend: { columns: 2 } },
    },
  });
  for (const name of names) expect(svg).toContain(`>${name}<`);
  expect(look.legend?.symbolLimit).toBe(0);
});
