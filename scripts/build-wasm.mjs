// Compiles each AssemblyScript kernel (hw-models/*/asm/NAME.ts) to WebAssembly SIMD and writes it as a module that
// holds the bytes in base64 (hw-models/*/NAME.wasm.ts), so that it loads the same way in Node.js and in a browser.
import { readdir, writeFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

const families = await readdir('hw-models', { withFileTypes: true });
for (const family of families.filter((entry) => entry.isDirectory())) {
  const folder = `hw-models/${family.name}/asm`;
  const sources = (await readdir(folder).catch(() => [])).filter((file) => /^[\w-]+\.ts$/.test(file));
  for (const source of sources) await compile(`${folder}/${source}`);
}

async function compile(source) {
  const files = new Map();
  const target = 'out.wasm';
  const options = ['--optimizeLevel', '3', '--runtime', 'stub', '--noAssert', '--enable', 'simd', '--use', 'abort='];
  const memory = ['--importMemory', '--initialMemory', '1'];
  const { error, stderr } = await asc.main([source, '--outFile', target, ...options, ...memory], {
    writeFile: (name, contents) => void files.set(name, contents),
  });
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  const base64 = Buffer.from(files.get(target)).toString('base64');
  const text = `// Generated from ${source} by scripts/build-wasm.mjs.\nexport const wasm = '${base64}';\n`;
  await writeFile(source.replace(/asm\/([\w-]+)\.ts$/, '$1.wasm.ts'), text);
}
