// Designs in the files of other tools: each file of the corpus is read, or refused in one line; what
// is written for Timeloop is read back as it was.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadHardware, presetNames } from '../../../hw-models/presets.node.js';
import type { SpatialConfig } from '../../../hw-models/spatial/config.js';
import { readScaleSimConfig } from '../../../hw-models/spatial/formats/scale-sim.js';
import { timeloopMapping } from '../../../hw-models/spatial/formats/timeloop/given.js';
import {
  writeArchitecture,
  writeMapping,
} from '../../../hw-models/spatial/formats/timeloop/write.js';
import { readZigZag } from '../../../hw-models/spatial/formats/zigzag.js';
import { architectureFor } from '../../../hw-models/spatial/layer.js';
import { problemOf } from '../../../hw-models/spatial/nest/from-demand.js';
import { readMapping } from '../../../hw-models/spatial/nest/mapping-text.js';
import { importHardware } from '../../../sim/import-hardware.node.js';
import { evaluateDesign } from '../../../sim/timeloop.node.js';
import { InputError } from '../../../workloads/base/errors.js';
import { defaultLimits, type SourceFile } from '../../../workloads/formats/source.js';
import { architectures } from '../../assets.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-designs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const inFile = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const source = (name: string, text: string): SourceFile => ({
  ...{ name, limits: defaultLimits, bytes: new TextEncoder().encode(text) },
  beside: async () => null,
});

/** A preset that the text makes, read as any other. */
const loaded = (text: string) => loadHardware(inFile('preset.yaml', text));

const corpus = existsSync(architectures.path)
  ? readdirSync(architectures.path, { recursive: true, encoding: 'utf8' })
      .map((file) => join(architectures.path, file))
      .filter((file) => /\.(yaml|jinja2|cfg)$/.test(file) && !file.includes('layer_shapes'))
  : [];

describe.skipIf(architectures.missing)('files of the corpus', () => {
  const isArchitecture = (file: string) =>
    /^ {0,2}!?(architecture|operational_array):|ArrayHeight/m.test(readFileSync(file, 'utf8'));
  const short = (file: string) => relative(architectures.path, file);

  it('reads every architecture, or says in one line why not', async () => {
    const read: string[] = [];
    const refused: string[] = [];
    for (const file of corpus) {
      try {
        const { text } = await importHardware({ files: [file] });
        const hardware = loaded(text);
        expect(['spatial', 'systolic']).toContain(hardware.family);
        read.push(short(file));
      } catch (error) {
        expect(error, file).toBeInstanceOf(InputError);
        const { message } = error as InputError;
        expect(message, file).toMatch(/^[^\n]*found [^\n]*$/);
        if (isArchitecture(file)) refused.push(short(file));
      }
    }
    const [jinja, sparse, inMemory, apart] = [/jinja2$/, /sparsity\.cfg$/, /imc\.yaml$/, /zigzag/];
    const unread = refused.filter(
      (file) => ![jinja, sparse, inMemory, apart].some((kind) => kind.test(file)),
    );
    expect(unread).toEqual([]);
    expect(read.length).toBeGreaterThan(30);
  });

  it('reads every example design through the template too, as the same preset', async () => {
    const designs = join(architectures.path, 'timeloop/example_designs');
    const template = join(designs, 'top.yaml.jinja2');
    const names = existsSync(designs)
      ? readdirSync(designs, { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('/arch.yaml'))
          .map((file) => file.slice(0, -'/arch.yaml'.length))
      : [];
    expect(names.length).toBe(16);
    for (const name of names) {
      const settings = [`architecture=${name}`];
      const { text } = await importHardware({ files: [template], settings });
      // A mapping constrains the design; the template takes nothing else of the design's own file.
      const { length: keys } = readFileSync(join(designs, name, 'arch.yaml'), 'utf8')
        .split('\n')
        .filter((line) => /^\w+:/.test(line));
      if (existsSync(join(designs, name, 'mapping.yaml')) || keys > 1) continue;
      const problem = join(designs, name, 'problem.yaml');
      const others = readdirSync(join(designs, '_components')).map((file) =>
        join(designs, '_components', file),
      );
      const own = existsSync(problem) ? problem : join(designs, '_include/default_problem.yaml');
      const files = [join(designs, name, 'arch.yaml'), own, ...others];
      const { text: direct } = await importHardware({ files });
      expect(loaded(text).config, name).toEqual(loaded(direct).config);
    }
  });

  it('evaluates every folder of Sparseloop’s designs', async () => {
    const designs = join(architectures.path, 'timeloop/example_designs/sparseloop');
    for (const design of existsSync(designs) ? readdirSync(designs) : []) {
      const { evaluation } = await evaluateDesign({ files: [join(designs, design)], budget: 2000 });
      expect(evaluation.cycles, design).toBeGreaterThan(0);
    }
  });
});

const described = presetNames().filter((name) => loadHardware(name).family === 'spatial');

describe('presets written for Timeloop', () => {
  it.each(described)('%s', async (name) => {
    const write = (of: string) => {
      const config = loadHardware(of).config as SpatialConfig;
      return writeArchitecture(name, architectureFor(config), config).text;
    };
    const text = write(name);
    const { text: preset } = await importHardware({ files: [inFile(`${name}.yaml`, text)] });
    expect(write(inFile('again.yaml', preset))).toBe(text);
  });

  it('N:M as coordinates among so many neighbours, with a note', () => {
    const config = loadHardware('tensor-core-2-4').config as SpatialConfig;
    const { text, notes } = writeArchitecture('tensor-core-2-4', architectureFor(config), config);
    expect(text).toContain('metadata_word_bits: 2');
    expect(text).toContain('class: fpmac');
    expect(notes.join()).toContain('coordinates of 2 bits');
    expect(notes.join()).toContain('units that take less for N:M weights are not said');
  });

  it('no energy of cycles, with a note', () => {
    const config = loadHardware('eyeriss').config as SpatialConfig;
    const { notes } = writeArchitecture('eyeriss', architectureFor(config), config);
    expect(notes.join()).toContain('cycleJoules');
  });

  it('a mapping', async () => {
    const architecture = architectureFor(loadHardware('eyeriss').config as SpatialConfig);
    const problem = problemOf(
      'conv',
      {
        ...{ kind: 'convolution', images: 2, input: [8, 16, 18], output: [12, 14, 16], groups: 1 },
        ...{ kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0] },
        ...{ bias: false, activation: 'none' },
      },
      1,
    );
    const line =
      'dram: C8 | glb: N2 Q16 M3 | columns: P14x | rows: R3y | ifmap-spad | filter-spad: S3 | psum-spad: M4';
    const { mapping } = readMapping(line, problem, architecture, 'conv');
    const file = source('nest.yaml', writeMapping(problem, architecture, mapping));
    expect(await timeloopMapping(file, problem, architecture, null)).toEqual(mapping);
  });
});

describe('SCALE-Sim', () => {
  const cfg = (lines: readonly string[]) =>
    ['[general]', 'run_name = own', '[architecture_presets]', ...lines].join('\n');
  const sizes = ['IfmapSramSzkB: 64', 'FilterSramSzkB : 32', 'OfmapSramSzkB= 16'];

  it('is a systolic preset with its extents, memories and dataflow', () => {
    const text = cfg([
      'ArrayHeight: 12',
      'ArrayWidth: 14',
      'Dataflow: os',
      'Bandwidth: 10',
      ...sizes,
    ]);
    const { config, name } = loaded(readScaleSimConfig(source('own.cfg', text)).text);
    expect(name).toBe('own');
    expect(config).toMatchObject({
      ...{ rows: 12, columns: 14, dataflows: ['os'], stationarySets: 1 },
      sram: { weightBytes: 32768, activationBytes: 65536, accumulatorBytes: 16384 },
    });
  });

  it.each([
    ['an unknown key', ['ArrayHight: 2'], 'did you mean ArrayHeight?'],
    ['no number', ['ArrayHeight: many'], 'own.cfg:4: ArrayHeight: found "many", expected a whole'],
    ['a dataflow', ['ArrayHeight: 2', 'ArrayWidth: 2', 'Dataflow: rs'], 'expected ws, os, is'],
    ['no key', ['ArrayHeight'], "expected 'key : value' in a section"],
  ])('refuses %s', (_, lines, message) => {
    expect(() => readScaleSimConfig(source('own.cfg', cfg([...lines, ...sizes])))).toThrow(message);
  });
});

describe('ZigZag', () => {
  const port = (type: string, bits: number) => `{ name: p, type: ${type}, bandwidth_max: ${bits} }`;
  const memory = (name: string, operands: string, served: string, bits: number) =>
    `  ${name}: { size: ${bits}, r_cost: 1, w_cost: 2, operands: ${operands}, served_dimensions: ${served}, ports: [${port('read', 16)}, ${port('write', 16)}] }`;
  const design = (...memories: readonly string[]) =>
    source(
      'own.yaml',
      [
        ...['name: own', 'memories:', ...memories],
        'operational_array: { unit_energy: 0.5, dimensions: [D1, D2], sizes: [4, 8] }',
      ].join('\n'),
    );
  const dram = memory('dram', '[I1, I2, O]', '[D1, D2]', 1e9);

  it('is a chain of memories and arrays', () => {
    const inner = memory('reg', '[O]', '[]', 32);
    const rows = memory('row', '[I2]', '[D2]', 1024);
    const { config } = loaded(readZigZag(design(inner, rows, dram)).text);
    const { levels } = config as SpatialConfig;
    expect(Object.entries(levels).map(([name, { x, y }]) => [name, x ?? y ?? null])).toEqual([
      ['dram', null],
      ['D1', 4],
      ['row', null],
      ['D2', 8],
      ['reg', null],
    ]);
    expect(levels.reg).toMatchObject({ bytes: 4, keeps: ['outputs'], readJoules: 1e-12 });
  });

  it('refuses memories that cross', () => {
    const crossing = [memory('a', '[I2]', '[D1]', 64), memory('b', '[O]', '[D2]', 64)];
    expect(() => readZigZag(design(...crossing, dram))).toThrow('expected memories one within');
  });
});
