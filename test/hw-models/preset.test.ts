import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bind } from '../../hw-models/bind.js';
import type { Family } from '../../hw-models/contract.js';
import { readPreset } from '../../hw-models/preset.js';
import { InputError } from '../../workloads/base/errors.js';

const Config = z.strictObject({
  pes: z.number().int().min(1).max(1024),
  clockHz: z.number().positive(),
  queueDepth: z.number().int().min(1),
  power: z.strictObject({ idle: z.number().nonnegative() }),
});

const toy: Family<z.infer<typeof Config>> = {
  name: 'toy',
  title: 'a toy',
  schema: Config,
  meters: {},
  kernels: [],
  area: () => null,
};

const header = 'name: t\ntitle: a toy\nfamily: toy\n';
const figure = (value: unknown, unit: string) =>
  `{ value: ${value}, unit: ${unit}, from: estimate, cite: "a test" }`;
const good = `${header}pes: ${figure(64, 'count')}
clockHz: ${figure(800, 'MHz')}
queueDepth: ${figure(8, 'count')}
power:
  idle: ${figure(23, 'mW')}
`;

const faults = (text: string): string => {
  try {
    readPreset(text, 'toy.yaml', toy);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'no fault';
};

describe('readPreset', () => {
  it('turns published units into SI and keeps each number’s source', () => {
    const { config, figures } = readPreset(good, 'toy.yaml', toy);
    expect(config).toEqual({ pes: 64, clockHz: 800e6, queueDepth: 8, power: { idle: 0.023 } });
    expect(figures.get('power.idle')).toEqual({
      ...{ value: 0.023, unit: 'W', published: '23 mW', from: 'estimate', cite: 'a test' },
    });
  });

  it('says all faults at once, each with its line', () => {
    const text = good.replace('64', '0').replace('queueDepth', 'queueDepht');
    expect(faults(text).split('\n')).toEqual([
      'toy.yaml:1:1: queueDepth: missing, expected a whole number of at least 1',
      'toy.yaml:4:1: pes: found 0, expected a whole number from 1 to 1024',
      'toy.yaml:6:1: queueDepht: unknown key; did you mean queueDepth?',
    ]);
  });

  it.each([
    [
      'a bare number',
      good.replace(figure(8, 'count'), '8'),
      'toy.yaml:6:1: queueDepth: found a bare 8, expected { value, unit, from, cite }',
    ],
    [
      'a number without source',
      good.replace('from: estimate, ', ''),
      'toy.yaml:4:1: pes.from: missing, expected paper, datasheet, measured, fitted, estimate',
    ],
    [
      'an unknown unit',
      good.replace('MHz', 'furlong'),
      'toy.yaml:5:24: clockHz.unit: found "furlong", expected',
    ],
    [
      'half a PE',
      good.replace('64', '64.5'),
      'toy.yaml:4:1: pes: found 64.5, expected a whole number from 1 to 1024',
    ],
    [
      'not a number',
      good.replace('800', '.nan'),
      'toy.yaml:5:12: clockHz.value: found NaN, expected a number',
    ],
    [
      'an unknown key inside',
      good.replace('idle', 'idel'),
      'toy.yaml:8:3: power.idel: unknown key; did you mean idle?',
    ],
    ['broken YAML', `${good}power: [`, 'toy.yaml:'],
    ['no YAML map', '42', 'toy.yaml:1:1: found no keys, expected a hardware preset'],
    [
      'no name',
      good.replace('name: t\n', ''),
      'toy.yaml:1:1: name: found nothing usable, expected a text',
    ],
  ])('refuses %s', (_what, text, message) => {
    expect(faults(text)).toContain(message);
  });
});

describe('vary', () => {
  it('validates the varied config again', () => {
    const hardware = bind(toy, readPreset(good, 'toy.yaml', toy));
    expect(() => hardware.vary([{ op: 'replace', path: ['pes'], value: 0 }])).toThrow(
      new InputError('t: pes: found 0, expected a whole number from 1 to 1024'),
    );
    expect(hardware.vary([{ op: 'replace', path: ['pes'], value: 128 }]).name).toBe('t');
  });
});
