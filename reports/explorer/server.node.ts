// Serves a site on the loopback interface, to this machine's own browser and to nobody else.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { InputError } from '../../workloads/base/errors.js';
import { CONTENT_SECURITY_POLICY, type Site } from './site.node.js';

export const LOOPBACK = '127.0.0.1';

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  safetensors: 'application/octet-stream',
};

/** `port` 0 takes a free one. @throws InputError where the port cannot be had. */
export async function serveSite(site: Site, port: number): Promise<Served> {
  const server = createServer((request, response) => answer(site, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new InputError(`--port ${port}: cannot be had (${error.code ?? error.message})`)),
    );
    server.listen(port, LOOPBACK, resolve);
  });
  const address = server.address();
  const found = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${LOOPBACK}:${found}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(site: Site, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader(
    'Content-Security-Policy',
    `${CONTENT_SECURITY_POLICY}; frame-ancestors 'none'`,
  );
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
  const found = contentFor(site, request);
  if ('refused' in found) {
    if (found.status === METHOD_NOT_ALLOWED) response.setHeader('Allow', READING.join(', '));
    response
      .writeHead(found.status, { 'Content-Type': 'text/plain; charset=utf-8' })
      .end(`${found.refused}\n`);
    return;
  }
  response.writeHead(200, {
    'Content-Type': found.type,
    'Content-Length': Buffer.byteLength(found.content),
  });
  response.end(request.method === 'HEAD' ? undefined : found.content);
}

const METHOD_NOT_ALLOWED = 405;
const READING = ['GET', 'HEAD'];

type Found =
  | { readonly type: string; readonly content: string | Uint8Array }
  | { readonly status: number; readonly refused: string };

function contentFor(site: Site, { headers, method = '', url = '/' }: IncomingMessage): Found {
  // A page elsewhere whose name was made to point here (DNS rebinding) says that name.
  const host = headers.host?.replace(/:\d+$/, '');
  if (host !== LOOPBACK && host !== 'localhost')
    return { status: 403, refused: 'only for this machine' };
  if (!READING.includes(method)) return { status: METHOD_NOT_ALLOWED, refused: 'read only' };
  // Names are looked up among the site's own: no path leads to any other file.
  const path = url.replace(/[?#].*$/, '').slice(1) || 'index.html';
  const content = site.get(path);
  if (content === undefined) return { status: 404, refused: 'not here' };
  return { content, type: types[/\.(\w+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream' };
}
