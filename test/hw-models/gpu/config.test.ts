import { describe, expect, it } from 'vitest';
import { gpu } from '../../../hw-models/gpu/index.js';
import { readPreset } from '../../../hw-models/preset.js';
import { presetOf, presets, presetText } from './presets.js';

const text = presetText('titan-x');

/** The line, counted from one, on which `key` stands in the part that `block` opens. */
function lineOf(key: string, block?: string): number {
  const lines = text.split('\n');
  const from = block === undefined ? 0 : lines.indexOf(`${block}:`);
  return lines.findIndex((line, at) => at >= from && line.trimStart().startsWith(`${key}:`)) + 1;
}

/** The preset with one figure's value replaced. */
function edited(key: string, value: string, block?: string): string {
  const lines = text.split('\n');
  const at = lineOf(key, block) - 1;
  const rest = lines
    .slice(at)
    .join('\n')
    .replace(/value: [^,]+/, `value: ${value}`);
  return [...lines.slice(0, at), rest].join('\n');
}

const reading = (yaml: string) => () => readPreset(yaml, 'x.yaml', gpu);

/** Of a preset that extends another. */
const readingOn = (yaml: string) => () =>
  readPreset(yaml, 'x.yaml', gpu, (name) => ({ text: presetText(name), file: `${name}.yaml` }));

describe('presets of GPUs', () => {
  it.each(presets)('%s reads, with a source for every number', (name) => {
    const { config, figures } = presetOf(name);
    expect(config.sm.count).toBeGreaterThanOrEqual(1);
    expect(figures.size).toBeGreaterThan(25);
    for (const { cite } of figures.values()) expect(cite).not.toBe('');
  });

  it.each(presets)('%s states the capacity of its memory', (name) => {
    expect(presetOf(name).config.dram.capacityBytes).toBeGreaterThanOrEqual(2 * 2 ** 30);
  });

  it('refuses zero SMs, with the line', () => {
    expect(reading(edited('count', '0', 'sm'))).toThrow(
      `x.yaml:${lineOf('count', 'sm')}:3: sm.count: found 0, expected a whole number from 1 to 1024`,
    );
  });

  it('refuses half an SM and a clock of −1 at once', () => {
    const yaml = edited('count', '1.5', 'sm').replace('value: 1075', 'value: -1');
    expect(reading(yaml)).toThrow(
      `x.yaml:${lineOf('count', 'sm')}:3: sm.count: found 1.5, expected a whole number from 1 to 1024`,
    );
    expect(reading(yaml)).toThrow(
      `x.yaml:${lineOf('clockHz')}:1: clockHz: found -1000000, expected a number above 0`,
    );
  });

  it('refuses what is not a number, with the line', () => {
    expect(reading(edited('latencySeconds', '.nan', 'dram'))).toThrow(
      /^x.yaml:\d+:\d+: dram.latencySeconds.value:/,
    );
  });

  it('refuses an unknown key and names the nearest', () => {
    const yaml = text.replace('  registers:', '  register:');
    expect(reading(yaml)).toThrow(
      `x.yaml:${lineOf('registers')}:3: sm.register: unknown key; did you mean registers?`,
    );
  });

  it('refuses an efficiency above one', () => {
    expect(reading(edited('efficiency', '1.2', 'dram'))).toThrow(
      'dram.efficiency: found 1.2, expected a number above 0 and up to 1',
    );
  });

  it.each([
    [
      'lanes',
      '100',
      'sm',
      "sm.lanes: found 100, expected a multiple of the warp's 32 lanes (sm.warpLanes)",
    ],
    [
      'gatherCacheBytes',
      '4096',
      'sm',
      'sm.gatherCacheBytes: found 4194304, expected at most the 3145728 B of the L2 cache (l2.bytes)',
    ],
    [
      'loadBytesPerCycle',
      '16',
      'sm',
      'sm.loadBytesPerCycle: found 16, expected at least the 31.84 B a cycle of gathers',
    ],
    ['bytesPerCycle', '100', 'l2', 'l2.bytesPerCycle: found 100, expected at least the 313.0'],
    [
      'transactionBytes',
      '48',
      'dram',
      'dram.transactionBytes: found 48, expected a multiple of the 32 B of a sector',
    ],
    ['latencySeconds', '100', 'dram', 's of the L2 cache (l2.latencySeconds)'],
    [
      'activeWatts',
      '300',
      'energy',
      "energy.activeWatts: found 300, expected at most the board's 250 W",
    ],
    [
      'registers',
      '8192',
      'sm',
      'sm: found no room for a csrmm block of 256 threads, 16384 registers and 0 B',
    ],
  ])('refuses %s = %s, which another number contradicts', (key, value, block, message) => {
    expect(reading(edited(key, value, block))).toThrow(message);
  });

  it('refuses tensor cores slower than the ordinary lanes', () => {
    const yaml = presetText('tesla-t4').replace(/half:\s*\{\s*value: 512/, 'half: { value: 32');
    expect(readingOn(yaml)).toThrow(
      'tensor.macsPerCycle: found 32, expected at least the 64 multiply-adds a cycle',
    );
  });

  it('refuses shared memory too small for a tensor-core block, where there are tensor cores', () => {
    const small = (yaml: string) => yaml.replace(/(sharedBytes:\s*\{\s*value:) \d+/, '$1 40');
    const tiny = (yaml: string) => yaml.replace(/(sharedBytes:\s*\{\s*value:) \d+/, '$1 8');
    expect(readingOn(tiny(presetText('tesla-t4')))).toThrow(
      'sm: found no room for a tensor_gemm block of 64 threads',
    );
    expect(readPreset(small(text), 'x.yaml', gpu).config.sm.sharedBytes).toBe(40960);
  });
});
