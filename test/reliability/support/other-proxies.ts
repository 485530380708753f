/** Debian's haproxy and nginx in front of one endpoint, for side by side runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../golden/pause.ts';
import { freePort } from '../../support/free-ports.ts';
import { open } from './abuse-kit.ts';

export interface OtherProxy {
  readonly port: number;
  stop(): Promise<void>;
}

const haproxyText = (port: number, backendPort: number): string => `
global
  maxconn 200
defaults
  mode http
  timeout connect 1s
  timeout client 2s
  timeout server 2s
  timeout http-request 2s
  option http-keep-alive
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  http-reuse always
  server one 127.0.0.1:${backendPort}
`;

const nginxText = (port: number, backendPort: number, directory: string): string => `
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 200; }
http {
  access_log off;
  client_body_temp_path ${directory};
  proxy_temp_path ${directory};
  fastcgi_temp_path ${directory};
  uwsgi_temp_path ${directory};
  scgi_temp_path ${directory};
  client_header_timeout 2s;
  client_body_timeout 2s;
  upstream back { server 127.0.0.1:${backendPort}; keepalive 10; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://back;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`;

const COMMANDS = {
  haproxy: (file: string): readonly string[] => ['haproxy', '-f', file, '-db', '-q'],
  nginx: (file: string): readonly string[] => ['nginx', '-c', file],
} as const;
export type OtherName = keyof typeof COMMANDS;

export async function startOther(name: OtherName, backendPort: number): Promise<OtherProxy> {
  const directory = mkdtempSync(join(tmpdir(), `compare-${name}-`));
  const port = await freePort();
  const file = join(directory, 'proxy.conf');
  const text =
    name === 'haproxy' ? haproxyText(port, backendPort) : nginxText(port, backendPort, directory);
  writeFileSync(file, text);
  const [program = '', ...words] = COMMANDS[name](file);
  const child: ChildProcess = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const isUp = async (): Promise<boolean> => {
    const socket = await open(port);
    const isOpen = !socket.destroyed;
    socket.destroy();
    return isOpen;
  };
  if (!(await waitUntil(isUp, 5000, 50))) throw new Error(`${name} does not come up`);
  return {
    port,
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function versionOf(name: OtherName): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(name, ['-v'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.on('error', () => resolve(''));
    child.on('close', () => resolve(/[0-9]+\.[0-9]+\.[0-9]+/.exec(text)?.[0] ?? ''));
  });
}
