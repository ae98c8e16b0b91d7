// The library of native kernels: how it is built, kept and called.

import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSparse } from '../../../../../hw-models/host/engine/executors.js';
import { nativeElementwise } from '../../../../../hw-models/host/engine/native/elementwise.js';
import { buildLibrary } from '../../../../../hw-models/host/native/build.node.js';
import { library } from '../../native-library.js';
import { expectInEngine } from './agreement.js';

const newFolder = () => mkdtempSync(join(tmpdir(), 'zeroskip-native-'));
/** Compiled in half the time. */
const quick = { flags: ['-O1'] };

describe.skipIf(library === null)('the native library', () => {
  it('is built once, by however many at a time', async () => {
    const folder = join(newFolder(), 'of', 'nobody');
    const all = await Promise.all([1, 2, 3].map(() => buildLibrary({ folder, ...quick })));
    expect(new Set(all.map(({ path }) => path)).size).toBe(1);
    expect(readdirSync(folder)).toEqual([`zeroskip-${all[0]?.key}.so`]);
    expect(await buildLibrary({ folder, ...quick })).toEqual(all[0]);
  });

  it('is another one with other flags', async () => {
    const folder = newFolder();
    const plain = await buildLibrary({ folder, ...quick });
    const other = await buildLibrary({ folder, flags: ['-O1', '-g'] });
    expect(other.key).not.toBe(plain.key);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('says in words why it cannot be built, and leaves nothing behind', async () => {
    const folder = newFolder();
    await expect(buildLibrary({ folder, compiler: 'no-such-compiler' })).rejects.toThrow(
      "the compiler 'no-such-compiler' ($CC) cannot be run",
    );
    await expect(buildLibrary({ folder, flags: ['-include', 'no-such-header.h'] })).rejects.toThrow(
      /failed: /,
    );
    expect(readdirSync(folder)).toEqual([]);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(buildLibrary({ folder: join(file, 'below') })).rejects.toThrow(
      /below: cannot be written \(ENOTDIR\)/,
    );
  });

  it('says which functions it has', () => {
    expect(library?.functionAt('zs_add')).toBeTypeOf('bigint');
    expect(() => library?.functionAt('zs_nobody')).toThrow();
  });

  it.each([1, 2, 3])('runs on %i threads', async (threads) => {
    const [addition] = nativeElementwise;
    if (!addition) throw new Error('no row');
    await expectInEngine(addition, {
      input: [7, 50, 41],
      layer: { kind: 'add', name: 'layer', inputs: ['data', 'data', 'data'], activation: 'relu' },
      ...{ density: 1, inputDensity: 0.5, batch: 3, threads, seed: 1 },
    });
  });
});

describe('an engine', () => {
  it('says which build runs', async () => {
    const wasm = await createSparse({ engine: 'wasm' }).describe();
    expect(wasm.engine).toMatch(/^zeroskip WebAssembly SIMD.*, sparse, 1 thread$/);
    expect(wasm.hint).toBeNull();
    const { engine, hint } = await createSparse().describe();
    if (library) {
      expect(engine).toBe(`zeroskip native ${library.instructions}, sparse, 1 thread`);
      expect(hint).toBeNull();
    } else {
      expect(engine).toBe(wasm.engine);
      expect(hint).toMatch(/^kernels run as WebAssembly, native ones are several times as fast: /);
    }
  });

  it.runIf(library === null)('is refused where native kernels alone would do', async () => {
    await expect(createSparse({ engine: 'native' }).describe()).rejects.toThrow(
      /^found no native kernels: /,
    );
  });
});
