import { describe, expect, it } from 'vitest';
import { ACCESSES_PER_PASS, openProbe } from '../../../hw-models/host/probe.js';
import { readOnAllCores } from '../../../hw-models/host/probe-cores.node.js';

const LINE = 64;
const KIB = 1024;

describe('the probe', () => {
  it('works on memory that was written to', () => {
    const probe = openProbe(256 * KIB);
    const words = new Uint32Array(probe.memory.buffer, probe.base, 64 * KIB);
    expect(words.every((word) => word !== 0)).toBe(true);
  });

  it.each([1, 2, 4, 64])('threads all of %d KiB into one ring', (kibibytes) => {
    const bytes = kibibytes * KIB;
    const probe = openProbe(bytes);
    probe.thread(bytes);
    const words = new Uint32Array(probe.memory.buffer);
    const seen = new Set<number>();
    for (let at = probe.base; !seen.has(at); at = words[at / 4] as number) seen.add(at);
    expect(seen.size).toBe(bytes / LINE);
    expect(
      [...seen].every((at) => at % LINE === 0 && at >= probe.base && at < probe.base + bytes),
    ).toBe(true);
  });

  it.each([1, 4, 64])('adds out of order within %d KiB, and nowhere else', (kibibytes) => {
    const bytes = kibibytes * KIB;
    const probe = openProbe(2 * bytes);
    const outside = new Uint32Array(probe.memory.buffer, probe.base + bytes, bytes / 4).slice();
    probe.spread(bytes);
    probe.scatter(3);
    // Every element was 1, and each of 3 passes adds 1 as many times as there are accesses.
    const elements = new Float32Array(probe.memory.buffer, probe.base, bytes / 4);
    expect(elements.reduce((sum, each) => sum + each, 0)).toBe(bytes / 4 + 3 * ACCESSES_PER_PASS);
    expect(new Uint32Array(probe.memory.buffer, probe.base + bytes, bytes / 4)).toEqual(outside);
  });

  it('leaves what it only reads', () => {
    const probe = openProbe(64 * KIB);
    probe.spread(64 * KIB);
    const before = new Uint32Array(probe.memory.buffer).slice();
    probe.read(0, 64 * KIB, 2);
    probe.gather(2);
    probe.multiplyAdds('plain', 10);
    probe.chain(10);
    expect(new Uint32Array(probe.memory.buffer)).toEqual(before);
  });

  it('takes longer over eight times the passes: no loop is left out', () => {
    const probe = openProbe(64 * KIB);
    probe.spread(64 * KIB);
    probe.thread(64 * KIB);
    const time = (work: () => void) => {
      const runs = Array.from({ length: 9 }, () => {
        const start = performance.now();
        work();
        return performance.now() - start;
      });
      return Math.min(...runs);
    };
    const loops: Readonly<Record<string, (scale: number) => void>> = {
      read: (scale) => probe.read(0, 64 * KIB, 100 * scale),
      gather: (scale) => probe.gather(200 * scale),
      chase: (scale) => probe.chase(50_000 * scale),
      multiplyAdds: (scale) => probe.multiplyAdds('plain', 50_000 * scale),
      chain: (scale) => probe.chain(50_000 * scale),
    };
    for (const [name, loop] of Object.entries(loops)) {
      loop(20); // long enough to be compiled with all optimisations
      expect(time(() => loop(8)) / time(() => loop(1)), name).toBeGreaterThan(2);
    }
  });
});

describe('reading on all cores', () => {
  it('gives one rate for each repetition', async () => {
    const probe = openProbe(256 * KIB);
    const rates = await readOnAllCores(probe, 256 * KIB, 2, 0.005, 3);
    expect(rates).toHaveLength(3);
    // Two threads cannot read less than a megabyte a second, nor more than 64 B a cycle at 10 GHz
    // each.
    for (const rate of rates) {
      expect(rate).toBeGreaterThan(1e6);
      expect(rate).toBeLessThan(2 * 64 * 10e9);
    }
  });
});
