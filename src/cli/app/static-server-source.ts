/**
 * The program that push adds to a droplet of plain files. It runs on the cell, with whichever Node
 * is there, so it is plain JavaScript and needs nothing else.
 */
export const STATIC_SERVER_FILE = 'troupe-static-server.cjs';

export const STATIC_SERVER_SOURCE = `'use strict';
// Serves the files beside it. Added by troupe push.
const { createReadStream } = require('node:fs');
const { realpath, stat } = require('node:fs/promises');
const { createServer } = require('node:http');
const { extname, join, sep } = require('node:path');

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
};

/** The file behind a path; undefined: there is none that may be shown. */
async function find(root, url) {
  let path;
  try {
    path = decodeURIComponent(url.split('?')[0]);
  } catch {
    return undefined;
  }
  const parts = path.split('/');
  if (path.includes('\\0') || parts.some((part) => part.startsWith('.'))) return undefined;
  try {
    let file = await realpath(join(root, path));
    if ((await stat(file)).isDirectory()) file = await realpath(join(file, 'index.html'));
    const info = await stat(file);
    const isOwn = file.startsWith(root + sep) && file !== __filename;
    return info.isFile() && isOwn ? { file, size: info.size } : undefined;
  } catch {
    return undefined;
  }
}

async function main() {
  const root = await realpath(__dirname);
  const server = createServer(async (request, response) => {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const found = await find(root, request.url);
    if (found === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found\\n');
      return;
    }
    const type = TYPES[extname(found.file).toLowerCase()] || 'application/octet-stream';
    response.writeHead(200, {
      'Content-Type': type,
      'Content-Length': found.size,
      'X-Content-Type-Options': 'nosniff',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    createReadStream(found.file).on('error', () => response.destroy()).pipe(response);
  });
  // What is for this machine only must not listen to others.
  const own = process.env.CF_INSTANCE_IP || '127.0.0.1';
  server.listen(Number(process.env.PORT || 8080), own === '127.0.0.1' ? own : undefined);
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

main();
`;
