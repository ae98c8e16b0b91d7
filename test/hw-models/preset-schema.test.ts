// The JSON Schemas that editors complete presets with: current, and of one mind with the reader.

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalog } from '../../hw-models/catalog.js';
import { hardwareSchema, loadHardware, presetNames } from '../../hw-models/presets.node.js';

const compiled = new Map(
  catalog.map(({ name }) => [
    name,
    new Ajv({ strictTypes: false, strictRequired: false }).compile(hardwareSchema(name)),
  ]),
);
const valid = (family: string, preset: unknown) => compiled.get(family)?.(preset);
const preset = (name: string) => {
  const { family } = loadHardware(name);
  return {
    family,
    body: parse(readFileSync(`hw-models/${family}/presets/${name}.yaml`, 'utf8')) as Record<
      string,
      unknown
    >,
  };
};

describe('JSON Schemas', () => {
  it.each(catalog.map(({ name }) => name))(
    'schemas/%s.schema.json is what `npm run docs` writes',
    (family) => {
      expect(JSON.parse(readFileSync(`schemas/${family}.schema.json`, 'utf8'))).toEqual(
        hardwareSchema(family),
      );
    },
  );

  it.each(presetNames())('accept %s', (name) => {
    const { family, body } = preset(name);
    expect(valid(family, body)).toBe(true);
  });

  it('refuse what the reader refuses', () => {
    const { family, body } = preset('eie-64');
    const count = { unit: 'count', from: 'paper', cite: 'x' };
    for (const fault of [
      { pes: { ...count, value: 0 } },
      { pes: { ...count, value: 1.5 } },
      { pes: 64 },
      { pess: { ...count, value: 64 } },
      { clockHz: { ...count, value: 1 } },
      { pes: { value: 64, unit: 'count', from: 'paper' } },
      { spmat: {} },
      { spmat: null },
      { name: undefined },
      { family: 'gpu' },
    ]) {
      expect(valid(family, JSON.parse(JSON.stringify({ ...body, ...fault })))).toBe(false);
    }
  });

  it('let a preset that extends another leave out and take away anything', () => {
    const mine = { name: 'mine', title: 'mine', extends: 'eie-64' };
    expect(valid('eie', mine)).toBe(true);
    expect(valid('eie', { ...mine, volts: null, spmat: {} })).toBe(true);
    expect(valid('eie', { ...mine, voltss: null })).toBe(false);
    expect(valid('eie', { extends: 'eie-64' })).toBe(false);
  });
});
