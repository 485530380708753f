/** Draws all machines into `docs/machines`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { machineDocs } from './drawings/machine-docs.ts';

const root = new URL('../../', import.meta.url);
const folder = new URL('docs/machines/', root);
const files = await machineDocs();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) {
  if (!files.has(`docs/machines/${name}`)) rmSync(new URL(name, folder));
}
for (const [path, text] of files) writeFileSync(new URL(path, root), text);
console.log(`wrote ${files.size} files to docs/machines`);
