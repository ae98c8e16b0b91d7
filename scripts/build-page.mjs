// Bundles what runs in browsers into dist/page/.
import { build } from 'esbuild';

await build({
  entryPoints: { report: 'reports/html/interact.browser.ts', 'report-style': 'reports/html/report.css' },
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome123', 'firefox120', 'safari17.5'], // the first with light-dark()
  logLevel: 'warning',
});
