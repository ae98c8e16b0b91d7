// Bundles what runs in browsers into dist/page/.
import { build } from 'esbuild';

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

await build({
  ...shared,
  entryPoints: {
    explorer: 'reports/explorer/page/main.browser.tsx',
    worker: 'reports/explorer/page/worker.browser.ts',
    'explorer-style': 'reports/explorer/page/explorer.css',
  },
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
});
