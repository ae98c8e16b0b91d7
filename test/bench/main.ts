// npm run bench [-- NAME…] [-- --json FILE]: runs the suites that make the named figures (without
// names all but the longest).

import { parseArgs } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import type { BenchRow } from './row.js';

interface Suite {
  readonly makes: readonly string[];
  /** What takes minutes, or a process of its own, runs only where it is named. */
  readonly byNameOnly?: true;
  readonly run: () => Promise<readonly BenchRow[]>;
}

const native = await import('./native.bench.js');

const suites: readonly Suite[] = [
  {
    makes: ['eie_nine_layers_ms', 'eie_macs_per_second', 'eie_slowdown', 'squeezenet_eie_seconds'],
    run: async () => (await import('./eie.bench.js')).bench(),
  },
  {
    makes: ['fc6_sparse_vs_tfjs', 'fc6_sparse_vs_onnxruntime', 'fc6_batch64_sparse_vs_onnxruntime'],
    run: async () => (await import('./fc6.bench.js')).bench(),
  },
  {
    makes: ['squeezenet_auto_vs_tfjs', 'squeezenet_auto_vs_onnxruntime'],
    run: async () => (await import('./networks.bench.js')).squeezenet(),
  },
  {
    makes: ['alexnet_auto_vs_tfjs', 'alexnet_auto_vs_onnxruntime'],
    run: async () => (await import('./networks.bench.js')).alexnet(),
  },
  ...native.nativeFigures.map((name) => ({
    makes: [name],
    run: async () => native.nativeFigure(name),
  })),
  {
    makes: ['native_decoder_50_vs_dense'],
    run: async () => (await import('./decoder.bench.js')).bench(),
  },
  {
    makes: ['stack_alexnet_dense_vs_squeezenet_auto'],
    run: async () => (await import('./networks.bench.js')).stack(),
  },
  {
    makes: ['winograd_f4_vs_direct'],
    run: async () => (await import('./winograd.bench.js')).dense(),
  },
  {
    makes: ['winograd_sparse_vs_dense_winograd', 'fft_sparse_vs_dense_fft'],
    run: async () => (await import('./winograd.bench.js')).sparse(),
  },
  {
    makes: ['binary_fc_vs_dense'],
    run: async () => (await import('./winograd.bench.js')).lowPrecision(),
  },
  {
    makes: ['binary_convolution_vs_dense'],
    run: async () => (await import('./winograd.bench.js')).lowPrecisionConvolution(),
  },
  {
    makes: ['spatial_mappings_per_second', 'spatial_resnet50_seconds'],
    run: async () => (await import('./spatial.bench.js')).bench(),
  },
  {
    makes: ['sweep_points_per_second'],
    run: async () => (await import('./sweep.bench.js')).bench(),
  },
  {
    makes: ['sweep_million_mebibytes'],
    byNameOnly: true,
    run: async () => (await import('./sweep.bench.js')).million(),
  },
  {
    makes: ['train_lenet300_images_per_second'],
    run: async () => (await import('./train.bench.js')).lenet300Row(),
  },
  {
    makes: ['train_lenet5_images_per_second'],
    run: async () => (await import('./train.bench.js')).lenet5Row(),
  },
  {
    makes: ['explorer_move_ms', 'explorer_move_worst_ms', 'explorer_first_move_worst_ms'],
    run: async () => (await import('./explorer.bench.js')).bench(),
  },
  {
    makes: [
      ...['chosen', 'first', 'settled'].flatMap((figure) =>
        ['ms', 'worst_ms', 'share'].map((what) => `explorer_any_network_${figure}_${what}`),
      ),
      'explorer_any_network_exact_ms',
    ],
    byNameOnly: true,
    run: async () => (await import('./explorer-any.bench.js')).bench(),
  },
  {
    makes: ['explorer_first_load_bytes', 'explorer_interactive_ms'],
    run: async () => (await import('./explorer-load.bench.js')).bench(),
  },
  { makes: ['startup_ms'], run: async () => (await import('./startup.bench.js')).bench() },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' } },
});
const known = suites.flatMap(({ makes }) => makes);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`bench: found ${unknown.join(', ')}, expected ${known.join(', ')}\n`);
  process.exit(2);
}
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);

const rows: BenchRow[] = [];
for (const { makes, byNameOnly, run } of suites) {
  if (!makes.some(wanted) || (byNameOnly && positionals.length === 0)) continue;
  for (const row of await run()) {
    if (!wanted(row.name)) continue;
    rows.push(row);
    process.stdout.write(
      `${row.name.padEnd(26)} ${row.value.toPrecision(4).padStart(12)} ${row.unit.padEnd(8)} ${row.note}\n`,
    );
  }
}
if (values.json !== undefined)
  await writeFileAtomic(values.json, `${JSON.stringify(rows, null, 2)}\n`);
