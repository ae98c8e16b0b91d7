import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decoderStackView } from '../../../reports/views/decoder-stack.js';
import { compare } from '../../../sim/compare.node.js';
import { decoderChain, decoderStack } from '../../../sim/stack/decoder-chain.node.js';
import { storage } from '../../../sim/storage/storage.node.js';
import { publishedTables } from '../../../sim/validate/tables.node.js';

const model = join(mkdtempSync(join(tmpdir(), 'zeroskip-storage-')), 'config.json');
writeFileSync(
  model,
  JSON.stringify({
    ...{ model_type: 'llama', vocab_size: 64, hidden_size: 64, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 96 },
    ...{ hidden_act: 'silu', max_position_embeddings: 64 },
  }),
);
/** Four projections, and three of the inner width, of each of two blocks; logits. */
const READ = 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96) + 64 * 64;
const WORDS = 64 * 64;
const NORMS = (2 * 2 + 1) * 64;

describe('storage', () => {
  it('tells what each format takes, words dense', async () => {
    const report = await storage({ workload: model, density: 0.5, context: 8 });
    expect([report.unit, report.weights]).toEqual(['tokens', READ + WORDS]);
    expect(report.nonzeros).toBe(READ / 2 + WORDS);
    const bytes = new Map(report.formats.map((format) => [format.name, format]));
    expect(bytes.get('fp32')?.bytes).toBe(4 * (READ + WORDS + NORMS));
    expect(bytes.get('fp16')?.readBytes).toBe(2 * READ + 4 * NORMS);
    expect(bytes.get('bitmask-16')?.bytes).toBe(READ / 8 + READ + 2 * WORDS + 4 * NORMS);
    expect(bytes.get('Q4_0')?.bitsPerWeight).toBe(4.5);
    // Two of four is a pattern, not a share: as it would be.
    expect(bytes.get('2:4-16')?.isAsIf).toBe(true);
    expect(bytes.get('2:4-16')?.bytes).toBe((READ * 18) / 16 + 2 * WORDS + 4 * NORMS);
    expect(bytes.get('bitmask-16')?.isAsIf).toBe(false);
  });

  it('costs what a device has a kernel for as compare does, and bounds the others', async () => {
    const hardware = ['cortex-a76', 'a10g'];
    const report = await storage({
      ...{ workload: model, density: { kept: 2, of: 4 }, context: 8, hardware },
    });
    expect(report.formats.find(({ name }) => name === '2:4-16')?.bytes).toBe(
      READ * (18 / 16) + 2 * WORDS + 4 * NORMS,
    );
    const rateOf = (device: number, format: string) =>
      report.devices[device]?.rates[report.formats.findIndex(({ name }) => name === format)];
    const dims = new Map(Object.entries({ sequence: 1, past: 8 }));
    const on = ['cortex-a76:dense-w4', 'a10g:tensor'];
    const [compared] = await compare({ workloads: [model], hardware: on, dims });
    // Weights that are not pruned: dense kernels read as many bytes.
    expect(rateOf(0, 'Q4_0')?.perSecond).toBe(1 / (compared?.results[0]?.seconds ?? 0));
    expect(rateOf(1, 'fp16')?.perSecond).toBe(1 / (compared?.results[1]?.seconds ?? 0));
    expect([rateOf(0, '2:4-16')?.kernel, rateOf(1, '2:4-16')?.kernel]).toEqual([
      null,
      'structured',
    ]);
    expect(rateOf(0, '2:4-16')?.atMost).toBeGreaterThan(0);
    expect(rateOf(0, 'bitmask-16')?.kernel).toBe('bitmask-fp16');
  });

  it('really runs here, and refuses kernels beside devices', async () => {
    const report = await storage({ workload: 'lenet-300-100', hardware: 'host', repeat: 1 });
    expect([report.unit, report.context]).toEqual(['frames', null]);
    const ran = report.devices[0]?.rates.flatMap(({ kernel }) => kernel ?? []);
    expect(ran).toEqual(['dense', 'bfloat16', 'int8', 'int4', 'sparse', 'bfloat16-sparse']);
    await expect(storage({ workload: model, hardware: 'a10g:tensor' })).rejects.toThrow(
      'storage: found a kernel beside a device',
    );
  });
});

describe('the chain of a decoder', () => {
  it('is storage link by link, against 16 bits', async () => {
    const hardware = ['cortex-a76', 'a10g'];
    const request = { workload: model, context: 8, hardware };
    const report = await decoderStack(request, publishedTables);
    expect(report.links.map(({ id }) => id)).toEqual(decoderChain.map(({ id }) => id));
    const dense = await storage(request);
    const half = await storage({ ...request, density: 0.5 });
    const rate = ({ devices, formats }: typeof dense, format: string) =>
      devices[1]?.rates[formats.findIndex(({ name }) => name === format)]?.perSecond ?? 0;
    const [board, gpu] = report.rows;
    const [first, , int4, pruned, , both] = gpu?.links ?? [];
    expect(first?.speedup).toBe(1);
    expect(int4?.speedup).toBe(rate(dense, 'Q4_0') / rate(dense, 'fp16'));
    // GPUs have no kernel over bitmasks: half of the weights run as compressed rows.
    expect([pruned?.format, pruned?.perSecond]).toEqual(['CSC-32', rate(half, 'CSC-32')]);
    expect([both?.perSecond, both?.atMost !== null]).toEqual([null, true]);
    expect(board?.links[3]?.kernel).toBe('bitmask-fp16');
    // Only what papers print of a link stands beside it.
    expect(report.links.map(({ published }) => published.length)).toEqual([0, 1, 3, 2, 2, 0, 0]);
    const text = JSON.stringify(decoderStackView(report).sections({ columns: 80, color: false }));
    expect(text).toContain('≤ ');
    expect(text).toContain('+25 to 27 %');
  });
});
