// Bundles what runs in browsers into dist/page/.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

// Parts are named after their content: those of before would stay.
await rm('dist/page', { recursive: true, force: true });

const shared = {
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  target: ['chrome123', 'firefox120', 'safari17.5'], // the first with light-dark()
  logLevel: 'warning',
};

await build({
  ...shared,
  entryPoints: {
    report: 'reports/html/interact.browser.ts',
    'report-style': 'reports/html/report.css',
  },
  format: 'iife',
});

// Importers lie in parts of their own, which are loaded when files are given.
await build({
  ...shared,
  entryPoints: {
    explorer: 'reports/explorer/page/main.browser.tsx',
    worker: 'reports/explorer/page/worker.browser.ts',
    reader: 'reports/explorer/page/reader.browser.ts',
    'explorer-style': 'reports/explorer/page/style.css',
  },
  format: 'esm',
  splitting: true,
  chunkNames: 'explorer-part-[hash]',
  jsx: 'automatic',
  jsxImportSource: 'preact',
});
