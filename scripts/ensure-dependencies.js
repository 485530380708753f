// Runs before `npm start`, `npm test` and the like, on whatever Node is there: installs the
// packages when they are missing or older than the lockfile.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const installed = `${root}/node_modules/.package-lock.json`;
const lockfile = `${root}/package-lock.json`;
const node = `${root}/node_modules/node/bin/node`;

const isFresh =
  existsSync(installed) &&
  existsSync(node) &&
  statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs;

if (!isFresh) {
  console.log('Installing packages and Node 24 (once, about a minute) ...');
  const options = { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' };
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', words, options);
  if (status !== 0) {
    console.error('The installation failed. Check the network, run `npm ci` again.');
    process.exit(status ?? 1);
  }
}
