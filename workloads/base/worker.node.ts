// Worker threads whose code is a file of this package: compiled, or as source where it runs as such.

import { Worker } from 'node:worker_threads';

/**
 * Starts the file `name` ('thread.node') beside `caller`, the `import.meta.url` of who calls. A
 * thread starts without the loader that sources need: it has to be registered there first.
 */
export function startWorker(caller: string, name: string, workerData?: unknown): Worker {
  const [, extension = 'js'] = /\.([tj]s)$/.exec(caller) ?? [];
  const entry = new URL(`./${name}.${extension}`, caller);
  if (extension === 'js') return new Worker(entry, { workerData });
  const loader = import.meta.resolve('tsx/esm/api');
  const code = `import('${loader}').then(({ register }) => { register(); return import('${entry.href}'); })`;
  return new Worker(code, { workerData, eval: true, execArgv: [] });
}
