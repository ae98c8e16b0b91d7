// The process in which `npm run fuzz` breaks one importer's file: it tells each file before it is
// read.

import { attempt } from './attempt.js';
import { importers } from './importers.js';

const [name, inputs = '0', seed = '0'] = process.argv.slice(2);
const importer = importers.find((candidate) => candidate.name === name);
const tell = (message: object) => process.send?.(message);

/** Milliseconds of processor time since `start`: a busy machine makes no file slow. */
const worked = (start: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};

/** MiB, as the operating system counts the most that the process ever had. */
const max = () => process.resourceUsage().maxRSS / 1024;

if (importer) {
  const outcomes = { read: 0, refused: 0 };
  let slowestMilliseconds = 0;
  await importer.read(importer.whole);
  const before = max();
  try {
    for (let at = 0; at < Number(inputs); at++) {
      tell({ at });
      const start = process.cpuUsage();
      outcomes[await attempt(importer, Number(seed), at)]++;
      slowestMilliseconds = Math.max(slowestMilliseconds, worked(start));
    }
    tell({ tally: { ...outcomes, slowestMilliseconds, mebibytes: max() - before } });
  } catch (error) {
    tell({ fault: error instanceof Error ? error.message : String(error) });
  }
}
