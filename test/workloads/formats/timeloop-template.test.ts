// Timeloop's templates: what is set, what is chosen, what is put together of several files.

import { describe, expect, it } from 'vitest';
import { InputError } from '../../../workloads/base/errors.js';
import { defaultLimits, type SourceFile } from '../../../workloads/formats/source.js';
import { followIncludes } from '../../../workloads/formats/timeloop/includes.js';
import { readYaml } from '../../../workloads/formats/yaml/document.js';

const files: Readonly<Record<string, string>> = {
  'a/problem.yaml': 'problem: { M: 3 }',
  '_include/default.yaml': 'problem: { M: 1 }',
  'parts/x.yaml': 'parts: { classes: [1, 2] }',
  'parts/y.yaml': 'parts: { classes: [3] }',
  'parts/z.txt': 'no part',
  'parts-of-none/x.yaml': 'parts: 1',
};

const source = (text: string, values: Readonly<Record<string, string>> = {}): SourceFile => ({
  ...{ name: 'top.yaml', bytes: Buffer.from(text), limits: defaultLimits },
  beside: async (path) => (files[path] === undefined ? null : Buffer.from(files[path])),
  list: async (folder) =>
    Object.keys(files).flatMap((path) => {
      const [own = '', name = ''] = path.split('/');
      return own === folder ? [name] : [];
    }),
  values: new Map(Object.entries(values)),
});

const madeOf = async (text: string, values?: Readonly<Record<string, string>>) => {
  const { text: made, origins } = await followIncludes(source(text, values));
  return readYaml(made, 'top.yaml', origins).value;
};

const template = `{{add_to_path(cwd())}}
{% set other = cwd() ~ '/' ~ design ~ '/problem.yaml'%}
{% if path_exists(other) %}
  {% set problem = problem | default(other)%}
{% endif %}
{%set problem = problem | default('_include/default.yaml')%}
problem: {{include(problem, 'problem')}}
classes: {{include_all('parts/*.yaml', 'parts.classes')}}
`;

describe("Timeloop's templates", () => {
  it.each([
    ['a', 3],
    ['b', 1],
  ])('choose by the design %s', async (design, M) => {
    expect(await madeOf(template, { design })).toEqual({ problem: { M }, classes: [1, 2, 3] });
  });

  it('leave out what is not met, ifs within it too', async () => {
    const text = [
      ...['{% if x %}', 'a: 1', '{% if y %}', 'b: 1', '{% else %}', 'c: 1', '{% endif %}'],
      ...['{% else %}', '{% if y %}', 'd: 1', '{% endif %}', 'e: {{ nothing | default("1") }}'],
      '{% endif %}',
    ].join('\n');
    expect(await madeOf(text, { x: '1', y: '1' })).toEqual({ a: 1, b: 1 });
    expect(await madeOf(text, { x: '1' })).toEqual({ a: 1, c: 1 });
    expect(await madeOf(text, { y: '1' })).toEqual({ d: 1, e: 1 });
    expect(await madeOf(text)).toEqual({ e: 1 });
  });

  it.each([
    ['{% if x %}', 'top.yaml:1: found if without endif'],
    ['{% else %}', 'top.yaml:1: found {% else %}, which only'],
    ['{% endif %}', 'top.yaml:1: found {% endif %}, which only'],
    ['{% set x %}', 'top.yaml:1: found {% set x %}, which only'],
    ['a: 1\n{% set x = y() %}', 'top.yaml:2: found {% set x = y() %}, which only'],
    ['a: {{ b ~ "c" }}', 'top.yaml:1: found no value of b'],
    ['a: {{ "b" | upper }}', 'which only'],
    [`a: {{ ${'('.repeat(60)}b${')'.repeat(60)} }}`, 'which only'],
    ["a: {{include_all('parts-of-none/*.yaml', 'parts')}}", 'found no list at parts in'],
    ["a: {{include_all('none/*.yaml', 'parts')}}", 'found no file none/*.yaml'],
  ])('refuse %j', async (text, expected) => {
    const refused = await madeOf(text).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InputError);
    expect((refused as InputError).message).toContain(expected);
  });
});
