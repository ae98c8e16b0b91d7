// Connections to Redis: refused at once where there is none at the start, patient when it goes away
// later.

import { Redis } from 'ioredis';
import { InputError } from '../../workloads/base/errors.js';

const FIRST_CONNECT_MS = 5000;
const LONGEST_WAIT_MS = 2000;

/** Connects. @throws InputError for a URL that is none, or that nobody answers at. */
export async function connectRedis(url: string): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new InputError(`redis: found '${url}', expected redis://HOST:PORT`);
  }
  let isUp = false;
  let last: Error | null = null;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: FIRST_CONNECT_MS,
    // Commands wait for as long as Redis is away.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (isUp ? Math.min(100 * attempt, LONGEST_WAIT_MS) : null),
  });
  // Lost connections are made again; what was under way is asked for anew by whoever waits for it.
  redis.on('error', (error) => {
    last = error;
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    const reason = last ?? error;
    throw new InputError(
      `${hostOf(url)}: no Redis answers (${reason instanceof Error ? reason.message : reason})`,
    );
  }
  isUp = true;
  return redis;
}

/** Without a password. */
function hostOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
