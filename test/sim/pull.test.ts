// `pull` against servers on 127.0.0.1 that behave badly.

import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pull } from '../../sim/pull.node.js';
import { publishedWeights } from '../../workloads/data/published-weights.js';
import { readNetFile } from '../../workloads/formats/net-file.js';
import { squeezenet10 } from '../../workloads/zoo/squeezenet.js';
import { squeezenetNet } from '../assets.js';
import { zeroskip } from '../cli/run-cli.js';

const content = Buffer.from(
  Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 255),
);
const sha256 = createHash('sha256').update(content).digest('hex');

// The catalog's own row, about a file that can be served here.
vi.mock('../../workloads/data/published-weights.js', async (original) => {
  const real = await original<typeof import('../../workloads/data/published-weights.js')>();
  const served = {
    ...real.publishedWeights[0],
    name: 'served',
    file: 'served.net',
    bytes: 300_000,
  };
  return { publishedWeights: [...real.publishedWeights, served] };
});

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;
let server: Server;
let requests: IncomingMessage[] = [];
let handler: Handler;
let url = '';
let file = '';

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response, requests.length);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/served.net`;
  file = join(mkdtempSync(join(tmpdir(), 'zeroskip-pull-')), 'served.net');
  const served = publishedWeights.at(-1);
  if (served) Object.assign(served, { sha256 });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

/** From the byte that is asked for. */
const whole: Handler = (request, response) => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': content.length - from,
    ...(from > 0 ? range : {}),
  });
  response.end(content.subarray(from));
};

/** Half of what is asked for, under a length that promises all. */
const half: Handler = (request, response) => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': content.length - from,
    ...(from > 0
      ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
      : {}),
  });
  const end = from + Math.ceil((content.length - from) / 2);
  response.write(content.subarray(from, end), () => setTimeout(() => response.destroy(), 20));
};

const run = (rest = {}) =>
  pull({ name: 'served', out: file, url, idleSeconds: 1, tries: 2, ...rest });
const failure = async (rest = {}) =>
  run(rest).then(
    () => 'no failure',
    (error: Error) => `${error.name}: ${error.message}`,
  );
const nothingKept = () =>
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);

describe('pull', () => {
  it('downloads, checks, and does not download again', async () => {
    handler = whole;
    expect(await run()).toMatchObject({ file, transferred: content.length });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(existsSync(`${file}.part`)).toBe(false);
    expect(await run()).toMatchObject({ transferred: 0 });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('replaces a file that is another one', async () => {
    writeFileSync(file, 'something else');
    handler = whole;
    await run();
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('resumes where a server that truncates ended, byte for byte', async () => {
    handler = (request, response, nth) => (nth < 3 ? half : whole)(request, response, nth);
    expect(await run()).toMatchObject({ transferred: content.length });
    // A socket that is torn down may take some of what was sent with it.
    const starts = requests.map(({ headers }) =>
      Number(/^bytes=(\d+)-$/.exec(headers.range ?? 'bytes=0-')?.[1]),
    );
    const [first = -1, second = 0, third = 0, ...more] = starts;
    expect([first, more]).toEqual([0, []]);
    expect(second).toBeGreaterThan(0);
    expect(third).toBeGreaterThan(second);
    expect(readFileSync(file).equals(content)).toBe(true);
  }, 20_000);

  it('resumes what a run before left', async () => {
    writeFileSync(`${file}.part`, content.subarray(0, 1234));
    handler = whole;
    expect(await run()).toMatchObject({ transferred: content.length - 1234 });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('begins anew where the server knows no ranges', async () => {
    writeFileSync(`${file}.part`, content.subarray(0, 1234));
    handler = (_request, response) => response.writeHead(200).end(content);
    expect(await run()).toMatchObject({ transferred: content.length });
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('gives up on a server that stalls, and keeps what came', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000));
    };
    expect(await failure({ tries: 1 })).toMatch(
      /^TransferError: .*takes up what is in .*served\.net\.part$/,
    );
    expect(existsSync(file)).toBe(false);
    expect(statSync(`${file}.part`).size).toBe(1000);
  }, 20_000);

  it('keeps nothing of a file with one wrong bit', async () => {
    const corrupt = Buffer.from(content);
    corrupt[200_000] = (corrupt[200_000] as number) ^ 4;
    handler = (_request, response) => response.end(corrupt);
    expect(await failure()).toContain('TransferError: ');
    expect(await failure()).toContain(`expected ${sha256}; nothing is kept`);
    nothingKept();
  });

  it('keeps nothing where the rest does not belong to what was there', async () => {
    writeFileSync(`${file}.part`, Buffer.alloc(1234, 1));
    handler = whole;
    expect(await failure()).toContain('nothing is kept');
    nothingKept();
  });

  it.each<[string, Handler, string]>([
    [
      'a missing file',
      (_request, response) => response.writeHead(404).end(),
      'found status 404, expected 200',
    ],
    [
      'a fault of the server',
      (_request, response) => response.writeHead(503).end(),
      'found status 503',
    ],
    [
      'more than was promised',
      (_request, response) => response.end(Buffer.concat([content, content])),
      'found more than the 300000 bytes expected',
    ],
    [
      'another range',
      (_request, response) =>
        response.writeHead(206, { 'content-range': 'bytes 7-9/10' }).end('abc'),
      "found the range 'bytes 7-9/10', expected one from 0",
    ],
    ['no answer', (request) => request.socket.destroy(), 'other side closed'],
  ])('says what it found for %s', async (_what, bad, expected) => {
    handler = bad;
    expect(await failure({ tries: 1 })).toContain(expected);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['as a web page', { 'content-type': 'text/html; charset=utf-8' }, /found a web page/],
    ['without a word of what it is', {}, /found 21 bytes, expected 300000/],
  ])(
    'gives up after --tries where a login page answers everything, %s',
    async (_, type, says) => {
      handler = (_request, response) => response.writeHead(200, type).end('<p>Please log in.</p>');
      const asked = pull({ name: 'served', out: file, url, tries: 2 });
      await expect(asked).rejects.toThrow(says);
      expect(requests).toHaveLength(2);
    },
    10_000,
  );

  it('does not replace a device, and writes through a link', async () => {
    handler = whole;
    await expect(pull({ name: 'served', out: '/dev/null', url })).rejects.toThrow(
      '--out /dev/null: found a device or a pipe, expected a file',
    );
    const link = `${file}.link`;
    symlinkSync('served.net', link);
    await pull({ name: 'served', out: link, url });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file)).toEqual(content);
  });

  it('says that nobody listens', async () => {
    expect(await failure({ url: 'http://127.0.0.1:9/served.net', tries: 1 })).toMatch(
      /ECONNREFUSED|bad port/,
    );
  });

  it('refuses an unknown name and a path that cannot be written', async () => {
    handler = whole;
    expect(await failure({ name: 'servd' })).toContain(
      "InputError: no published weights are named 'servd'; did you mean served?",
    );
    expect(await failure({ out: join(file, 'no', 'folder') })).toContain('InputError: ');
  });

  it('goes through the proxy of the environment, and around it', async () => {
    const tunnelled: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket: Socket) => {
      tunnelled.push(request.url ?? '');
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const upstream = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) end.on('error', () => {});
    });
    await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
    try {
      handler = whole;
      vi.stubEnv('http_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
      vi.stubEnv('no_proxy', '');
      await run();
      expect(tunnelled).toEqual([new URL(url).host]);
      vi.stubEnv('no_proxy', '127.0.0.1');
      await run({ out: `${file}2` });
      expect(tunnelled).toHaveLength(1);
      expect(readFileSync(`${file}2`).equals(content)).toBe(true);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('is a command', async () => {
    handler = whole;
    const { code, stdout } = await zeroskip(['pull', 'served', '--out', file, '--url', url]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(`zeroskip compare squeezenet-1.0 --weights ${file}`),
    ]);
    expect((await zeroskip(['pull'])).stdout).toContain('squeezenet-1.0-compressed');
    handler = (_request, response) => response.writeHead(404).end();
    const failed = await zeroskip([
      'pull',
      'served',
      '--out',
      `${file}3`,
      '--url',
      url,
      '--tries',
      '1',
    ]);
    expect([failed.code, failed.stdout]).toEqual([1, '']);
    expect(failed.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe.skipIf(squeezenetNet.missing)('the authors’ file', () => {
  it('is the one that is pinned, and readable', () => {
    const bytes = readFileSync(squeezenetNet.path);
    const pin = publishedWeights.find(({ name }) => name === 'squeezenet-1.0-compressed');
    expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([
      pin?.bytes,
      pin?.sha256,
    ]);
    expect(readNetFile(bytes, squeezenet10.network, 'x').size).toBe(26);
  });
});
