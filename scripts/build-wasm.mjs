// Compiles each AssemblyScript kernel (asm/NAME.ts beside the code that calls it) to WebAssembly
// SIMD and writes it as a module that holds the bytes in base64 (NAME.wasm.ts), so that it loads
// the same way in Node.js and in a browser. Kernels of the host (host/) share one
// memory between threads and modules; they are built twice, the second time with relaxed SIMD
// (fused multiply-add), which not every engine has.
import { readdir, writeFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

const COMMON = [
  '--optimizeLevel',
  '3',
  '--runtime',
  'stub',
  '--noAssert',
  '--enable',
  'simd',
  '--use',
  'abort=',
];
const OWN_MEMORY = ['--importMemory', '--initialMemory', '1'];
const SHARED_MEMORY = [
  '--importMemory',
  '--sharedMemory',
  '--initialMemory',
  '16',
  '--maximumMemory',
  '65536',
];
// Constant tables of modules that share a memory must not lie on each other: 16 KiB each in the
// first MiB.
const BYTES_PER_MODULE = 16_384;

const entries = await readdir('hw-models', { withFileTypes: true });
const families = entries
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `hw-models/${name}`);
for (const home of ['workloads/weights', ...families]) {
  const folder = `${home}/asm`;
  const sources = (await readdir(folder).catch(() => [])).filter((file) =>
    /^[\w-]+\.ts$/.test(file),
  );
  for (const [at, source] of sources.entries()) {
    if (home === 'hw-models/host') await compileShared(`${folder}/${source}`, at + 1);
    else
      await write(`${folder}/${source}`, {
        wasm: await compile(`${folder}/${source}`, OWN_MEMORY),
      });
  }
}

async function compileShared(source, number) {
  const memory = [
    ...SHARED_MEMORY,
    '--enable',
    'threads',
    '--memoryBase',
    String(number * BYTES_PER_MODULE),
  ];
  await write(source, {
    wasm: await compile(source, memory),
    relaxed: await compile(source, [...memory, '--enable', 'relaxed-simd']),
  });
}

/** The module's bytes in base64. */
async function compile(source, options) {
  const files = new Map();
  const target = 'out.wasm';
  const { error, stderr } = await asc.main([source, '--outFile', target, ...COMMON, ...options], {
    writeFile: (name, contents) => void files.set(name, contents),
  });
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  return Buffer.from(files.get(target)).toString('base64');
}

async function write(source, constants) {
  const lines = Object.entries(constants).map(
    ([name, base64]) => `export const ${name} = '${base64}';`,
  );
  const text = `// Generated from ${source} by scripts/build-wasm.mjs.\n${lines.join('\n')}\n`;
  await writeFile(source.replace(/asm\/([\w-]+)\.ts$/, '$1.wasm.ts'), text);
}
