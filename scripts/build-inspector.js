// Builds the page of the inspector into node_modules/.cache, without network, when its sources are
// newer than what is there. Runs before `npm start` and `npm test`, on whatever Node is there.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'inspector-ui');
const target = join(root, 'node_modules', '.cache', 'troupe-inspector');
/** The page shares its types and the conclusion of transitions with the node. */
const shared = join(root, 'src', 'inspector');

function newestIn(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }
  return newest;
}

const page = join(target, 'page.js');
const newest = Math.max(newestIn(source), newestIn(shared), statSync(import.meta.filename).mtimeMs);

/** Undefined: installed without the packages for development. The node runs without the page. */
async function findEsbuild() {
  try {
    return await import('esbuild');
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error('The page of the inspector is not built: esbuild is not installed.');
    return undefined;
  }
}

const isFresh = existsSync(page) && statSync(page).mtimeMs >= newest;
const esbuild = isFresh ? undefined : await findEsbuild();
if (esbuild !== undefined) {
  mkdirSync(target, { recursive: true });
  copyFileSync(join(source, 'index.html'), join(target, 'index.html'));
  const { outputFiles } = await esbuild.build({
    write: false,
    entryPoints: { page: join(source, 'main.tsx') },
    outdir: target,
    tsconfig: join(source, 'tsconfig.json'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome111', 'firefox121', 'safari17.5'],
    legalComments: 'none',
    logLevel: 'warning',
  });
  // In one step each: tests in several processes may build and serve at the same time.
  for (const { path, contents } of outputFiles) {
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  }
}
