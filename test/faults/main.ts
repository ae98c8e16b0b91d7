// npm run faults [-- --kills N] [--seed N]: kills coordinators, workers and Redis at random while
// sweeps run, until N kills, and holds every result against one of threads that nobody killed.

import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { sweep } from '../../sim/sweep/sweep.node.js';
import { hasRedis } from '../sim/sweep/redis-server.js';
import { smallSpec, sortedDesigns, specFile, temporaryFolder } from '../sim/sweep/small-plan.js';
import { sweepUnderKills } from './kills.js';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '0' } },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!(Number.isInteger(kills) && kills >= 0 && Number.isInteger(seed) && seed >= 0)) {
  process.stderr.write(
    `faults: found --kills ${values.kills} --seed ${values.seed}, expected whole numbers\n`,
  );
  process.exit(2);
}
if (!hasRedis) {
  process.stderr.write(
    'faults: found no redis-server on this machine, expected one (Debian: apt install redis-server)\n',
  );
  process.exit(2);
}

const spec = specFile({
  ...smallSpec,
  axes: {
    pes: { from: 1, to: 64, whole: true },
    queueDepth: { from: 1, to: 64, factor: 2 },
    width: { field: 'spmat.widthBits', values: [32, 64, 128, 256] },
    clockHz: { unit: 'MHz', from: 100, to: 1200, step: 10 },
  },
});

const undisturbed = temporaryFolder();
const { evaluated } = await sweep({ spec, store: undisturbed, workers: 2 });
const expected = await sortedDesigns(undisturbed);
const total = { worker: 0, coordinator: 0, redis: 0 };
let done = 0;
const start = performance.now();
for (let round = 0; done < kills; round++) {
  const store = temporaryFolder();
  const killed = await sweepUnderKills({
    ...{ spec, store, kills: kills - done, seed: seed + round, workers: 3, maxSeconds: 2.5 },
    onKill: (victim, kill) =>
      process.stderr.write(`faults: kill ${done + kill} of ${kills}: ${victim}\n`),
  });
  if ((await sortedDesigns(store)) !== expected) {
    process.stdout.write(
      `sweep ${round + 1}: results differ from those of threads: ${store}, ${undisturbed}\n`,
    );
    process.exit(1);
  }
  for (const victim of ['worker', 'coordinator', 'redis'] as const) total[victim] += killed[victim];
  done = total.worker + total.coordinator + total.redis;
  process.stdout.write(
    `sweep ${round + 1} of ${evaluated.toLocaleString('en-US')} designs: ${killed.worker} workers, ` +
      `${killed.coordinator} coordinators, ${killed.redis} Redis servers killed; nothing lost, nothing double\n`,
  );
  rmSync(store, { recursive: true });
}
rmSync(undisturbed, { recursive: true });
process.stdout.write(
  `${done} kills, ${((performance.now() - start) / 1000).toFixed(0)} s, every byte as undisturbed\n`,
);
