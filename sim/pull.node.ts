// Published weights onto this disk: resumed where a try before ended, checked to the byte, and
// under their name only when they are whole. Proxies are those of the environment: https_proxy,
// http_proxy, no_proxy.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { nearest } from '../hw-models/faults.js';
import { InputError, requireWhole } from '../workloads/base/errors.js';
import { regularTarget, writeFault } from '../workloads/base/write.node.js';
import { type PublishedWeights, publishedWeights } from '../workloads/data/published-weights.js';
import { type Progress, silent } from './progress.js';

/** What a network did not do: the same command later may succeed. */
export class TransferError extends Error {
  override readonly name = 'TransferError';
}

export interface PullRequest {
  /** A name of the catalog. */
  readonly name: string;
  /** Where the file goes; its own name in the current folder unless told. */
  readonly out?: string | undefined;
  /** A mirror of the same file; what comes from it is checked as ever. */
  readonly url?: string | undefined;
  /** Seconds without a byte after which a try is given up. */
  readonly idleSeconds?: number;
  /** Tries in a row that bring nothing. */
  readonly tries?: number;
  readonly progress?: Progress;
}

export interface Pulled {
  readonly weights: PublishedWeights;
  readonly file: string;
  /** Bytes that came over the network; 0 where the file was there. */
  readonly transferred: number;
}

/**
 * Downloads published weights, or finds them there already. What is left of a try that ended lies
 * beside the file as `.part` and is taken up by the next one.
 * @throws InputError for an unknown name or a path that cannot be written. @throws TransferError
 *   where the server does not give the whole file, or another one.
 */
export async function pull(request: PullRequest): Promise<Pulled> {
  const { idleSeconds = 30, tries = 4, progress = silent } = request;
  requireWhole('tries', tries, 1);
  const weights = find(request.name);
  const { out: file = weights.file, url = weights.url } = request;
  if (await isWhole(file, weights)) return { weights, file, transferred: 0 };
  const target = regularTarget(file, request.out === undefined ? '' : '--out');
  const part = `${target}.part`;
  let transferred = 0;
  let max = await sizeOf(part);
  for (let failures = 0; ; ) {
    try {
      transferred += await fetchRest({ url, part, weights, idleSeconds, progress });
      break;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      transferred += error.transferred;
      // A login page that answers every request brings bytes, and the file gets no further.
      const size = await sizeOf(part);
      failures = size > max ? 1 : failures + 1;
      max = Math.max(max, size);
      if (failures >= tries) {
        const left =
          (await sizeOf(part)) > 0 ? `; the same command takes up what is in ${part}` : '';
        throw new TransferError(`${url}: ${error.message}${left}`);
      }
      progress(`${weights.file}: ${error.message}, again in ${2 ** (failures - 1)} s`);
      await wait(RETRY_MILLISECONDS * 2 ** (failures - 1));
    }
  }
  await settle(part, target, weights, url);
  return { weights, file, transferred };
}

const RETRY_MILLISECONDS = 1000;

function find(name: string): PublishedWeights {
  const known = publishedWeights.map((weights) => weights.name);
  const found = publishedWeights.find((weights) => weights.name === name);
  if (found) return found;
  throw new InputError(
    `no published weights are named '${name}'${nearest(name, known)}; expected ${known.join(', ')}`,
  );
}

/** A try that ended before the file did. */
class Interrupted extends Error {
  constructor(
    message: string,
    readonly transferred: number,
  ) {
    super(message);
  }
}

interface Transfer {
  readonly url: string;
  readonly part: string;
  readonly weights: PublishedWeights;
  readonly idleSeconds: number;
  readonly progress: Progress;
}

/**
 * Appends to `part` what it lacks. Returns the bytes that came. @throws Interrupted where some are
 * missing still.
 */
async function fetchRest({ url, part, weights, idleSeconds, progress }: Transfer): Promise<number> {
  const { fetch } = await import('undici');
  const have = await sizeOf(part);
  if (have === weights.bytes) return 0;
  const from = have > weights.bytes ? 0 : have;
  const dispatcher = await dispatcherFor(url, idleSeconds);
  let transferred = 0;
  try {
    const response = await fetch(url, {
      dispatcher,
      // Compressed in transit, neither sizes nor ranges would be the file's.
      headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
    }).catch((error: unknown) => {
      throw new Interrupted(reasonOf(error), 0);
    });
    const type = response.headers.get('content-type') ?? '';
    if (/^text\/html\b/i.test(type))
      throw new Interrupted('found a web page (does the network ask for a login?)', 0);
    const start = startOf(response.status, response.headers.get('content-range'), from);
    const handle = await open(part, start === 0 ? 'w' : 'r+').catch(unwritable(part));
    try {
      let at = start;
      for await (const chunk of response.body ?? []) {
        const bytes: unknown = chunk;
        if (!(bytes instanceof Uint8Array)) continue;
        if (at + bytes.length > weights.bytes)
          throw new Interrupted(`found more than the ${weights.bytes} bytes expected`, 0);
        await handle.write(bytes, 0, bytes.length, at);
        at += bytes.length;
        transferred += bytes.length;
        progress(
          `${weights.file}: ${Math.floor((100 * at) / weights.bytes)} % of ${weights.bytes} bytes`,
        );
      }
      await handle.sync();
      if (at < weights.bytes)
        throw new Interrupted(`found ${at} bytes, expected ${weights.bytes}`, transferred);
      return transferred;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Interrupted || error instanceof InputError) throw error;
    throw new Interrupted(reasonOf(error), transferred);
  } finally {
    await dispatcher.destroy();
  }
}

/** Straight to the server, or through the proxy that the environment names for it. */
async function dispatcherFor(url: string, idleSeconds: number) {
  const [{ Agent, ProxyAgent }, { getProxyForUrl }] = await Promise.all([
    import('undici'),
    import('proxy-from-env'),
  ]);
  const idle = idleSeconds * 1000;
  const patience = { bodyTimeout: idle, headersTimeout: idle, connect: { timeout: idle } };
  const uri = getProxyForUrl(url);
  return uri === '' ? new Agent(patience) : new ProxyAgent({ ...patience, uri });
}

/**
 * Where what the server sends belongs. @throws Interrupted for an answer that is no part of the
 * file.
 */
function startOf(status: number, range: string | null, asked: number): number {
  if (status === 200) return 0;
  const [, start] = /^bytes (\d+)-/.exec(range ?? '') ?? [];
  if (status === 206 && Number(start) === asked) return asked;
  throw new Interrupted(
    status === 206
      ? `found the range '${(range ?? '').slice(0, 40)}', expected one from ${asked}`
      : `found status ${status}, expected 200`,
    0,
  );
}

/** The whole file under its name, or nothing. */
async function settle(
  part: string,
  file: string,
  weights: PublishedWeights,
  url: string,
): Promise<void> {
  const found = await digestOf(part);
  if (found !== weights.sha256) {
    await rm(part, { force: true });
    throw new TransferError(
      `${url}: found a file with SHA-256 ${found}, expected ${weights.sha256}; nothing is kept`,
    );
  }
  await rename(part, file).catch(unwritable(file));
}

const unwritable = (path: string) => (error: unknown) => {
  throw writeFault(path, error);
};

async function isWhole(file: string, { bytes, sha256 }: PublishedWeights): Promise<boolean> {
  return (await sizeOf(file)) === bytes && (await digestOf(file)) === sha256;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  );
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** What went wrong beneath the library's "fetch failed", in a line. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  const code = 'code' in inner && typeof inner.code === 'string' ? ` (${inner.code})` : '';
  return `${inner.message.split('\n')[0]}${code}`;
}
