/** `npm run docs`: fills the generated parts of `docs/`. */
import { writeFileSync } from 'node:fs';
import { GENERATED_DOCS, renderDoc } from './render-docs.ts';

for (const path of GENERATED_DOCS) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), renderDoc(path));
  console.log(`wrote ${path}`);
}
