// Runs before `npm start`, `npm test` and the like, on whatever Node is there: installs the
// packages when they are missing or are not those of the lockfile.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lockfile = `${root}/package-lock.json`;
/** A copy of the lockfile that was installed; dates would mistake every checkout for a change. */
const installed = `${root}/node_modules/.installed-lock.json`;
const node = `${root}/node_modules/node/bin/node`;

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const wanted = read(lockfile);

if (!existsSync(node) || read(installed) !== wanted) {
  console.log('Installing packages and Node 24 (once, about a minute) ...');
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' };
  const { status } = spawnSync('npm', words, options);
  if (status !== 0) {
    console.error('The installation failed. Check the network, run `npm ci` again.');
    process.exit(status ?? 1);
  }
  writeFileSync(installed, wanted);
}
