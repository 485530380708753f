#!/usr/bin/env node
// The `troupe` command for any Node: it hands over to the Node that the project brings.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const node = fileURLToPath(new URL('node_modules/node/bin/node', root));
const main = fileURLToPath(new URL('src/main.ts', root));

if (!existsSync(node)) {
  console.error('troupe: the packages are not installed; run `npm ci` in the project first.');
  process.exit(1);
}
const flags = ['--disable-warning=DEP0060'];
const child = spawn(node, [...flags, main, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
