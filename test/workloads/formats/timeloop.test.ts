// Timeloop problems: a layer by the extents and the projections of its loop nest.

import { describe, expect, it } from 'vitest';
import { readTimeloop } from '../../../workloads/formats/timeloop/read.js';
import { frameShape, onlyInput, resultOf } from '../../../workloads/network.js';
import type { ZooEntry } from '../../../workloads/zoo/entry.js';
import { refusal, source } from './source.js';

const only = (entries: readonly ZooEntry[]) => {
  const [entry] = entries;
  const layer = entry?.network.layers[0];
  if (!entry || !layer) throw new Error('no layer');
  const network = { ...entry.network, input: frameShape(onlyInput(entry.network).shape) };
  return { ...entry, network, layer: { ...layer, output: frameShape(resultOf(layer).shape) } };
};
const read = async (
  text: string,
  beside: Readonly<Record<string, string>> = {},
  name = 'L.yaml',
) => {
  const files = Object.fromEntries(
    Object.entries(beside).map(([path, content]) => [path, Buffer.from(content)]),
  );
  return only(await readTimeloop(source(name, text, files)));
};

// The extents of Sparseloop's evaluation of Eyeriss V2: R along the width with E, S along the
// height with F.
const problem = `problem:
  shape: { name: grouped-CONV, dimensions: [R, S, E, F, C, M, N, G] }
  instance:
    M: 64
    E: 31
    F: 17
    R: 3
    S: 5
    N: 1
    G: 2
    C: 16
    Wstride: 2
    Hdilation: 2
    densities:
      Inputs: { distribution: hypergeometric, density: 0.73 }
      Weights: { distribution: hypergeometric, density: 0.52 }
`;

describe('Timeloop problems', () => {
  it('are convolutions', async () => {
    const { network, densities, layer } = await read(problem, {}, 'layers/L07.yaml');
    expect(network.name).toBe('L07');
    // Height (17 − 1) · 1 + (5 − 1) · 2 + 1 = 25, width (31 − 1) · 2 + 3 = 63.
    expect(network.input).toEqual([32, 25, 63]);
    expect(layer).toMatchObject({
      kernel: [5, 3],
      stride: [1, 2],
      dilation: [2, 1],
      groups: 2,
      output: [128, 17, 31],
    });
    expect([densities.input, densities.layers.L07?.weights]).toEqual([0.73, 0.52]);
  });

  it('are products of matrices', async () => {
    const { network, layer } = await read('problem: { instance: { M: 8, K: 3, N: 5 } }');
    expect([network.input, layer.output]).toEqual([
      [5, 3],
      [5, 8],
    ]);
  });

  it.each([
    [
      problem.replace('M: 64', 'M: 0'),
      'L.yaml:4:5: M: found 0, expected a whole number of at least 1',
    ],
    [problem.replace('M: 64', 'MM: 64'), 'L.yaml:4:5: MM: unknown extent, expected C, M, R, S'],
    [
      problem.replace('0.52', '1.52'),
      'L.yaml:16:7: Weights: found {"distribution":"hypergeometric","density":1.52}, expected',
    ],
    [
      'problem: { instance: { M: 8, K: 3, C: 5 } }',
      'K: found M beside it, expected one of the two',
    ],
    ['problem: { instance: {} }', 'L.yaml:1:12: problem: found no instance'],
    [
      'problem: { instance: { C: 3, N: BATCH } }',
      `N: found "BATCH", expected a whole number of at least 1, not a variable`,
    ],
    [
      'problem: { instance: { C: 3, Wstrid: 2 } }',
      'Wstrid: unknown extent, expected C, M, R, S, P, Q, N, G, K, Wstride',
    ],
    ['problem: { instance: { C: 3, Wstrid: 2 } }', 'did you mean Wstride?'],
    [
      'problem: { instance: { C: 3, W: 2, R: 3 } }',
      'W: found 2 pixels, expected at least the 3 that the filter covers',
    ],
    [
      'ERT: { version: 0.4, tables: [] }',
      "found Accelergy's ERT, which is no workload: zeroskip hardware ert FILE",
    ],
    ['ART: { version: 0.4, tables: [] }', "found Accelergy's ART, which is no workload"],
    [
      'architecture: {}\nmapper: {}',
      'L.yaml:1:1: found no problem but architecture, mapper, expected the extents',
    ],
    [
      problem.replace('hypergeometric', 'banded'),
      'Inputs: found distribution "banded", expected fixed, hypergeometric',
    ],
    [
      problem.replace('Inputs:', 'Input:'),
      'Input: unknown data-space, expected Weights, Inputs, Outputs',
    ],
    [
      'problem: { shape: mttkrp, instance: { I: 3 } }',
      "shape: found the name 'mttkrp', expected dimensions and data_spaces",
    ],
    ['problem: { shape: 3, instance: { I: 3 } }', 'shape: found no map, expected dimensions'],
    ['problem: 3', 'L.yaml:1:1: problem: found no instance'],
    ['problem: { instance: { C: 99999999, M: 99999999 } }', 'limit elements'],
    ['problem: [', 'L.yaml:1:11: '],
  ])('refuse %j', async (text, expected) => {
    expect(await refusal(() => readTimeloop(source('L.yaml', text)))).toContain(expected);
  });

  it('are of old with K for filters, without instance, and of several frames', async () => {
    const { network, layer, notes } = await read(
      'problem: { shape: cnn-layer, R: 3, S: 3, P: 48, Q: 24, C: 2, K: 16, N: 4, Hstride: 2 }',
    );
    // Height (24 − 1) · 2 + 3 = 49, width 48 + 3 − 1 = 50.
    expect([network.input, layer.output]).toEqual([
      [2, 49, 50],
      [16, 24, 48],
    ]);
    expect(notes).toEqual(["one frame of the problem's 4: --batch 4 does as many at a time"]);
  });

  it('tell the output by the image where they leave it out', async () => {
    const { layer, notes } = await read(
      'problem: { instance: { C: 3, M: 8, R: 3, S: 3, H: 224, W: 112, Hpad: 1, Wpad: 1, Hstride: 2 } }',
    );
    // (224 + 2 − 3) / 2 + 1 = 112; 112 + 2 − 3 + 1 = 112.
    expect(layer.output).toEqual([8, 112, 112]);
    expect(notes?.join()).toContain('P of 112 follows from W');
  });

  it('draw every data-space at a common density', async () => {
    const { densities } = await read(
      'problem: { instance: { M: 8, K: 3, N: 5, commonDensity: 0.25 } }',
    );
    expect([densities.input, densities.layers.L?.weights]).toEqual([0.25, 0.25]);
    const structured = await read(
      'problem: { instance: { M: 8, K: 3, densities: { A: { density: 0.5, distribution: fixed_structured } } } }',
    );
    expect(structured.densities.layers.L?.weights).toBe(0.5);
    expect(structured.notes?.join()).toContain('zeros in random places');
  });
});

const depthwise = `problem:
  version: 0.4
  shape:
    name: "Depthwise"
    dimensions: [C, R, S, N, P, Q]
    coefficients:
    - {name: Wstride, default: 1}
    - {name: Hstride, default: 1}
    - {name: Wdilation, default: 1}
    - {name: Hdilation, default: 1}
    data_spaces:
    - name: Weights
      projection: [[[C]], [[R]], [[S]]]
    - name: Inputs
      projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S, Hdilation], [Q, Hstride]]]
    - name: Outputs
      projection: [[[N]], [[C]], [[Q]], [[P]]]
      read_write: True
  instance: {C: 32, R: 3, S: 3, N: 1, P: 10, Q: 12}
`;
/** A problem of data-spaces, each a projection. */
const shaped = (spaces: string, instance: string) =>
  `problem: { instance: { ${instance} }, shape: { dimensions: [A, B, C, D, E, F], coefficients: [{ name: s, default: 2 }], data-spaces: [${spaces}] } }`;

describe("a Timeloop problem's shape", () => {
  it('makes a convolution depthwise', async () => {
    const { network, layer } = await read(depthwise);
    expect(network.input).toEqual([32, 14, 12]);
    expect(layer).toMatchObject({ groups: 32, kernel: [3, 3], output: [32, 12, 10] });
  });

  it('has coefficients, with their defaults', async () => {
    const strided = depthwise.replace('{name: Hstride, default: 1}', '{name: Hstride, default: 2}');
    expect((await read(strided)).layer).toMatchObject({ stride: [2, 1], output: [32, 12, 10] });
    const told = strided.replace('Q: 12}', 'Q: 12, Hstride: 3, Wdilation: 2}');
    expect((await read(told)).layer).toMatchObject({ stride: [3, 1], dilation: [1, 2] });
  });

  it('takes a coefficient by its meaning where only the case of its letters is other', async () => {
    const { layer, notes } = await read(
      depthwise.replace('Q: 12}', 'Q: 12, Hstride: 1, HStride: 4}'),
    );
    expect(layer).toMatchObject({ stride: [4, 1] });
    expect(notes).toEqual(['HStride is taken for Hstride, which Timeloop itself leaves at 1']);
  });

  it.each([
    // Names of one letter without lists, and letters of no meaning: A outputs, B summed, C vectors.
    ['a product', 'A: 8, B: 3, C: 5', '[A, B]', '[C, B]', '[A, C]', [5, 3], [5, 8]],
    [
      'grouped products',
      'A: 8, B: 3, C: 5, D: 2',
      '[A, B, D]',
      '[C, B, D]',
      '[A, C, D]',
      [6, 5, 1],
      [16, 5, 1],
    ],
    [
      'a convolution along one axis',
      'A: 8, B: 3, C: 5',
      '[A, B]',
      '[[[B], [C, s]]]',
      '[A, C]',
      [1, 1, 11],
      [8, 1, 5],
    ],
    // Every second pixel: 1 + 2 · 4.
    [
      'a window of one tap',
      'A: 8, B: 3, C: 5',
      '[A, B]',
      '[[[B]], [[C, s]]]',
      '[A, C]',
      [3, 1, 9],
      [8, 1, 5],
    ],
    [
      'rows of frames',
      'A: 8, B: 3, C: 5, D: 7',
      '[A, B]',
      '[[[D]], [[B], [C]]]',
      '[D, A, C]',
      [1, 7, 7],
      [8, 7, 5],
    ],
    [
      'dimensions of one that nothing shares',
      'A: 8, B: 3, C: 5, D: 1',
      '[A, B, D]',
      '[C, B]',
      '[A, C]',
      [5, 3],
      [5, 8],
    ],
  ])(
    'makes %s of its projections',
    async (_what, instance, weights, inputs, outputs, input, output) => {
      const extents = `A: 1, B: 1, C: 1, D: 1, E: 1, F: 1`
        .split(', ')
        .map((extent) => instance.split(', ').find((own) => own[0] === extent[0]) ?? extent)
        .join(', ');
      const spaces = `{ name: X, projection: ${weights} }, { name: Y, projection: ${inputs} }, { name: Z, projection: ${outputs}, read-write: true }`;
      const { network, layer, notes } = await read(shaped(spaces, extents));
      expect([network.input, layer.output]).toEqual([input, output]);
      expect(notes).toEqual(['X is taken for the weights, Y for the inputs']);
    },
  );

  const product = ['{ name: X, projection: [A, B] }', '{ name: Y, projection: [C, B] }'];
  const written = '{ name: Z, projection: [A, C], read_write: true }';
  const ones = 'A: 8, B: 3, C: 5, D: 1, E: 1, F: 1';
  it.each([
    [[...product], ones, 'L.yaml:1:62: shape: found 0 data-spaces with read_write, expected one'],
    [
      [product[0], written],
      ones,
      'shape: found 1 data-spaces beside Z, expected two: weights and inputs',
    ],
    [[...product, product[0], written], ones, 'found 3 data-spaces beside Z'],
    [
      [...product, written],
      ones.replace('D: 1', 'D: 4'),
      'shape: found dimension D in no data-space',
    ],
    [[...product, written], 'A: 8, B: 3', 'D: found no extent, expected a whole number'],
    [
      ['{ name: X, projection: [A, B, D] }', product[1], written],
      ones.replace('D: 1', 'D: 4'),
      'found dimension D of 4 in X alone',
    ],
    [
      ['{ name: W, projection: [[[A], [B]]] }', product[1], written],
      ones,
      'found W along A·1 + B·1, expected single dimensions',
    ],
    [
      [product[0], '{ name: Y, projection: [[[B], [C], [D]]] }', written],
      ones,
      'found inputs along B·1 + C·1 + D·1',
    ],
    [
      [product[0], '{ name: Y, projection: [[[B], [B]], [[C]]] }', written],
      ones,
      'found dimension B twice in Y',
    ],
    [
      [product[0], '{ name: Y, projection: [[[B, t]]] }', written],
      ones,
      'projection: found [["B","t"]] in Y, expected',
    ],
    [
      [product[0], '{ name: Y, projection: "{ [A] -> Y[A] }" }', written],
      ones,
      'projection: found "{ [A] -> Y[A] }", expected',
    ],
    [['3', written], ones, 'found 3, expected a name and a projection'],
  ])('is refused as %j', async (spaces, instance, expected) => {
    const text = shaped(spaces.join(', '), instance);
    expect(await refusal(() => readTimeloop(source('L.yaml', text)))).toContain(expected);
  });

  it('is refused with windows along three axes', async () => {
    const spaces =
      '{ name: W, projection: [A] }, { name: I, projection: [[[B, s]], [[C, s]], [[D, s]]] }, { name: O, projection: [A, B, C, D], read_write: true }';
    const text = shaped(spaces, 'A: 8, B: 3, C: 5, D: 2, E: 1, F: 1');
    expect(await refusal(() => readTimeloop(source('L.yaml', text)))).toContain(
      'found windows along 3 axes',
    );
  });

  it('may lie beside the problem', async () => {
    const { shape } = (await import('yaml')).parse(depthwise).problem;
    const { layer } = await read('problem: { shape: dw, C: 32, R: 3, S: 3, N: 1, P: 10, Q: 12 }', {
      'dw.yaml': JSON.stringify({ shape }),
    });
    expect(layer).toMatchObject({ groups: 32, output: [32, 12, 10] });
  });
});

describe("a Timeloop file's includes", () => {
  const base = `ignored: &base\n  instance: { N: 1, C: 1, M: 1, R: 1, S: 1, P: 1, Q: 1, Hstride: 1 }\n`;
  const top = (path: string) =>
    `{{include_text('${path}')}}\nproblem:\n  <<<: *base\n  instance: {C: 3, M: 64, P: 55, Q: 27, R: 11, S: 11}\n`;

  it.each(['base.yaml', '../base.yaml', '/elsewhere/base.yaml'])(
    'put %s, which lies beside it, in its place',
    async (path) => {
      const { layer } = await read(top(path), { 'base.yaml': base });
      // Maps are merged all the way down.
      expect(layer).toMatchObject({ kernel: [11, 11], output: [64, 27, 55] });
    },
  );

  it('take a part of a file, and what that includes', async () => {
    const { layer } = await read(
      `problem: {{ include("p.yaml", "a.problem") }} # {{ not('run') }}\n{# nothing #}`,
      {
        'p.yaml': `a:\n  problem:\n    instance:\n      {{include_text('q.yaml')}}\n`,
        'q.yaml': '{ C: 3, M: 5 }',
      },
    );
    expect(layer).toMatchObject({ output: [5, 1, 1] });
  });

  it('merge as YAML does, and follow aliases', async () => {
    const { layer } = await read(
      'b: &b { C: 3, M: 5, P: 2 }\nproblem: { instance: { <<: *b, M: 7 } }',
    );
    expect(layer).toMatchObject({ output: [7, 1, 2] });
    const { layer: same } = await read('b: &b { C: 3, M: 5 }\nproblem: { instance: *b }');
    expect(same).toMatchObject({ output: [5, 1, 1] });
  });

  it('keep the places of what they put together', async () => {
    const beside = { 'base.yaml': Buffer.from(base.replace('N: 1', 'N: 0')) };
    expect(await refusal(() => readTimeloop(source('L.yaml', top('base.yaml'), beside)))).toContain(
      'L.yaml:4:3: N: found 0',
    );
    const broken = { 'base.yaml': Buffer.from('a: 1\nb: [\n') };
    expect(await refusal(() => readTimeloop(source('L.yaml', top('base.yaml'), broken)))).toMatch(
      /^(base|L)\.yaml:\d+:\d+: /,
    );
    const wrong = top('base.yaml').replace('C: 3', 'C: 0');
    const fine = { 'base.yaml': Buffer.from(base) };
    expect(await refusal(() => readTimeloop(source('L.yaml', wrong, fine)))).toContain(
      'L.yaml:4:14: C: found 0',
    );
  });

  it.each([
    [
      "{{include_text('gone.yaml')}}",
      'L.yaml:1: found no gone.yaml beside this file, which include_text needs',
    ],
    [
      "a: 1\n{{include_text('../gone.yaml')}}",
      "L.yaml:2: found no gone.yaml beside this file, which include_text needs: copy it there, as '../gone.yaml' leads out",
    ],
    [
      "{{include_all('*.yaml', 'a')}}",
      'L.yaml:1: found no file *.yaml beside this one, expected some',
    ],
    [
      '{% for x in y %}\na: 1\n{% endfor %}',
      "L.yaml:1: found {% for x in y %}, which only Timeloop's front end can run",
    ],
    ['a: {{ b }}', 'L.yaml:1: found no value of b, expected one (--set b=VALUE'],
    ['a: {{ 3 + b }}', 'L.yaml:1: found {{ 3 + b }}, which only'],
    ['a: {{ b', 'L.yaml:1: found {{ without its }}'],
    ["{{include('ok.yaml', 'a.b.c')}}", 'L.yaml:1: found no a.b.c in ok.yaml'],
    ["{{include_text('loop.yaml')}}", 'found includes in more than 100 places or 10 deep'],
    ['a: { <<: 3 }', 'found a merge (<<) of something else, expected a map'],
  ])('are refused as %j', async (text, expected) => {
    const beside = {
      'ok.yaml': Buffer.from('a: { b: 1 }'),
      'loop.yaml': Buffer.from("{{include_text('loop.yaml')}}"),
    };
    expect(await refusal(() => readTimeloop(source('L.yaml', text, beside)))).toContain(expected);
  });
});
