// Measurements: every row of a table is compared or has a reason, and what cannot be read is told
// in one line.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadHardware } from '../../../hw-models/presets.node.js';
import { compareMeasurements, type MeasurementReport } from '../../../sim/measurements/compare.js';
import { place } from '../../../sim/measurements/place.js';
import { columns, readMeasurements } from '../../../sim/measurements/row.js';
import { networkNamed, networkTasks } from '../../../sim/measurements/tasks.js';
import { workOf } from '../../../sim/measurements/work.js';
import { shippedMeasurements, validateMeasurements } from '../../../sim/measurements.node.js';
import { InputError } from '../../../workloads/base/errors.js';
import { zeroskip } from '../../cli/run-cli.js';

const header = columns.join(',');
const row = (device: string, work: string, batch = '1', precision = 'fp32', value = '1') =>
  `a,somebody,page 1,${device},"${work}",${batch},${precision},time,${value},ms`;
const read = (...rows: readonly string[]) =>
  readMeasurements([header, ...rows].join('\n'), 'm.csv');
const one = (...cells: Parameters<typeof row>) => {
  const [found] = read(row(...cells));
  if (!found) throw new Error('no row');
  return found;
};

describe('reading', () => {
  it('takes values to SI units', () => {
    const [found] = read(row('T4', 'GEMM 1x2x3', '1', 'fp32', '2.5'));
    expect(found).toMatchObject({
      ...{ place: 'm.csv:2', device: 'T4', published: '2.5 ms' },
      measured: { metric: 'seconds', value: 0.0025 },
    });
  });

  it.each([
    ['', /^m.csv: found no line/],
    [header.replace('batch,', ''), /^m.csv:1: found no column batch, expected id,source/],
    [`${header},more`, /^m.csv:1: found column 'more'/],
    [`${header}\na,b`, /^m.csv:2: found 2 cells, expected 10/],
    [`${header}\n# a comment\n${row('T4', 'x', '1', 'fp32', '0')}`, /^m.csv:3: value: found '0'/],
    [`${header}\n${row('T4', 'x', '1', 'fp32', 'fast')}`, /^m.csv:2: value: found 'fast'/],
    [`${header}\n${row('', 'x')}`, /^m.csv:2: device: found nothing/],
    [`${header}\n"`, /^m.csv: .*expected comma-separated values$/],
  ])('refuses %j', (text, message) => {
    expect(() => readMeasurements(text, 'm.csv')).toThrow(message);
    expect(() => readMeasurements(text, 'm.csv')).toThrow(InputError);
  });

  it('says one line or gives rows, whatever is in the text', () => {
    const cell = fc.string({ maxLength: 8 });
    const line = fc.array(cell, { maxLength: 11 }).map((cells) => cells.join(','));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), fc.boolean(), (lines, headed) => {
        try {
          readMeasurements([...(headed ? [header] : []), ...lines].join('\n'), 'm.csv').map(place);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
    );
  });
});

describe('work', () => {
  it('knows what tables call products, convolutions and networks', () => {
    expect(workOf('best GEMM 6144x17920x2816 bf16')).toMatchObject({
      ...{ kind: 'GEMM', rows: 6144, columns: 17920, depth: 2816, sparsity: 0 },
    });
    expect(workOf('cuSPARSE 7680x2x2560 sparsity 0.95')).toMatchObject({
      ...{ kind: 'sparse', columns: 2, sparsity: 0.95 },
    });
    expect(workOf('conv 32x79x341 -> 64, 5x10, stride 2/1, pad 0/3 [WINOGRAD_NONFUSED]')).toEqual({
      ...{ kind: 'convolution', input: [32, 79, 341], filters: 64, kernel: [5, 10] },
      ...{ stride: [2, 1], pad: [0, 3], groups: 1, algorithm: 'winograd', runtime: '' },
    });
    expect(workOf('ResNet-50 V1 (299)')).toMatchObject({ name: 'resnet50v1', size: 299 });
    expect(workOf('mobilenet_int8 (benchncnn, min)')).toMatchObject({
      ...{ name: 'mobilenet', size: null, int8: true, runtime: 'ncnn' },
    });
    expect(workOf('linear 10240->3072, 64 rows, 2:4')).toMatchObject({
      ...{ kind: 'structured', rows: 3072, columns: 64, depth: 10240 },
    });
  });

  it('does not take a window larger than its picture', () => {
    expect(workOf('conv 3x4x4 -> 8, 7x7, stride 1/1, pad 0/0')?.kind).toBe('network');
  });

  it.each([
    ['resnet34', null, 3.66e9],
    ['resnet101', null, 7.8e9],
    ['resnet152', null, 11.5e9],
    ['vgg19', null, 19.6e9],
    ['googlenet', null, 1.58e9],
    ['densenet121', null, 2.83e9],
    ['overfeat', null, 2.8e9],
    ['resnet18', 256, 2.37e9],
  ])('%s has its published multiply-adds', (name, size, macs) => {
    const network = networkNamed({ kind: 'network', name, size, int8: false }, '');
    if (!network) throw new Error(`no ${name}`);
    const dense = networkTasks(network).reduce((all, task) => all + task.macs.dense, 0);
    expect(dense).toBeWithin(0.02, macs);
  });
});

describe('placing', () => {
  it.each([
    [one('Abacus', 'GEMM 8x8x8'), 'no preset of this device'],
    [one('T4', 'GEMM 8x8x8', '1', 'fp12'), "precision 'fp12' is not known here"],
    [one('T4', 'nonsense'), "no network 'nonsense' of this size here"],
    [one('T4', 'resnet50', '0'), "batch '0' is no whole number above 0"],
    [one('T4', 'ResNet-50 / PyTorch eager', '4'), /^not like with like: at small batches/],
  ])('gives a reason', (measured, reason) => {
    const found = place(measured);
    expect('reason' in found && found.reason).toMatch(reason);
  });

  it('keeps the batch of products in their columns', () => {
    const found = place(one('T4', 'GEMM 64x32x16', '32'));
    expect(found).toMatchObject({ batch: 1, hardware: 'tesla-t4', kernel: 'dense' });
  });
});

describe('the shipped measurements', () => {
  let report: MeasurementReport;
  beforeAll(() => {
    report = validateMeasurements();
  }, 300_000);

  it('are each compared, or left out with a reason', () => {
    expect(report.compared).toHaveLength(shippedMeasurements().length);
    for (const { hardware, modelled, error, note, measured } of report.compared) {
      if (hardware === null) expect([modelled, error, note !== null]).toEqual([null, null, true]);
      else expect([error, measured]).not.toContain(null);
    }
  });

  it('give the same figures again', () => {
    const rows = shippedMeasurements().slice(0, 40);
    const again = () => compareMeasurements(rows, loadHardware).compared;
    expect(again()).toEqual(again());
  });
});

describe('--measurements FILE', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zeroskip-measurements-'));
  const file = (text: string) => {
    const path = join(folder, 'own.csv');
    writeFileSync(path, text);
    return path;
  };

  it('compares the rows of the file and lists those that it cannot place', async () => {
    const rows = [row('T4', 'GEMM 1024x1024x1024'), row('Abacus', 'GEMM 8x8x8')];
    const path = file([header, ...rows].join('\n'));
    const { stdout } = await zeroskip(['validate', '--measurements', path, '--format', 'json']);
    const found = JSON.parse(stdout) as { hardware: string | null; note: string | null }[];
    expect(found.map(({ hardware }) => hardware)).toEqual(['tesla-t4', null]);
    expect(found[1]?.note).toBe('no preset of this device');
  });

  it('takes a preset by name or file, and says why where there is none', async () => {
    const card = join(folder, 'card.yaml');
    writeFileSync(card, 'name: card\ntitle: a card\nfamily: gpu\nextends: gtx-1080-ti\n');
    const rows = ['gtx-1080-ti', card, 'no-such-card'].map((name) => row(name, 'GEMM 512x512x512'));
    const report = validateMeasurements({ file: file([header, ...rows].join('\n')) });
    const [named, read, unknown] = report.compared;
    expect(read?.modelled).toBe(named?.modelled);
    expect(named?.error).not.toBeNull();
    expect(unknown?.note).toMatch(/^unknown hardware 'no-such-card'/);
  });

  it('says in one line what is wrong with the file', async () => {
    const { code, stderr } = await zeroskip(['validate', '--measurements', file('a,b\n1,2')]);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('own.csv:1: found no column id');
  });
});
