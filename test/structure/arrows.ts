/** Which folder may import which (DESIGN §3). */
import { posix } from 'node:path';
import { lineOf, type SourceFile, withoutComments } from './source-text.ts';

export interface Import {
  readonly specifier: string;
  /** Path from the root for files of the project, else undefined. */
  readonly path: string | undefined;
  readonly isTypeOnly: boolean;
  readonly line: number;
}

const STATEMENT = new RegExp(
  String.raw`(?<=^|[\n;])\s*(?<word>import|export)\b(?<type>\s+type\b)?` +
    String.raw`[^'"\x60;]*?['"](?<specifier>[^'"\n]+)['"]`,
  'g',
);
const CALL = /\b(?:import|require)\(\s*['"`](?<specifier>[^'"`]+)['"`]/g;

export function importsOf(file: SourceFile): Import[] {
  const text = withoutComments(file.text);
  const found: Import[] = [];
  for (const pattern of [STATEMENT, CALL]) {
    for (const hit of text.matchAll(pattern)) {
      const { specifier = '', word = '', type } = hit.groups ?? {};
      const statement = hit[0].trim();
      if (word === 'export' && !/\bfrom\s*['"][^'"]+['"]$/.test(statement)) continue;
      const isLocal = specifier.startsWith('.');
      found.push({
        specifier,
        path: isLocal ? posix.join(posix.dirname(file.path), specifier) : undefined,
        isTypeOnly: type !== undefined,
        line: lineOf(text, hit.index + hit[0].length),
      });
    }
  }
  return found;
}

/** `machines/router/x.ts` → `machines`; `src/kernel/x.ts` → `kernel`; `src/main.ts` → `main`. */
function layerOf(path: string): string {
  const [top = '', folder = '', file] = path.split('/');
  if (top !== 'src') return top;
  return file === undefined ? folder.replace(/\.ts$/, '') : folder;
}

const COMPOSERS = new Set(['main', 'cli', 'node']);
const LIBRARIES = new Set([
  'model',
  'ports',
  'adapters',
  'clients',
  'kernel',
  'config',
  ...COMPOSERS,
]);

const isComponent = (layer: string): boolean => layer !== 'machines' && !LIBRARIES.has(layer);

/** Built-in modules that compute and touch nothing outside the process. */
const PURE_MODULES = new Set(['node:buffer', 'node:crypto', 'node:util', 'node:querystring']);

/** For each kind of folder, the layers of the project that it may import, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  machines: ['model'],
  model: [],
  ports: ['model'],
  adapters: ['ports'],
  clients: ['model', 'ports'],
  kernel: ['machines', 'model', 'ports'],
  config: ['model', 'ports'],
  component: ['machines', 'model', 'ports', 'kernel', 'clients'],
};

function problemOfPackage(from: string, specifier: string): string | undefined {
  if (from === 'machines' && specifier !== 'xstate') return 'machines import no package but xstate';
  if (from === 'model' && !PURE_MODULES.has(specifier)) {
    const isPackageAllowed = !specifier.startsWith('node:') && specifier !== 'xstate';
    return isPackageAllowed ? undefined : 'src/model has no I/O and no xstate';
  }
  if (from === 'ports') return 'src/ports are interfaces and need no package';
  return undefined;
}

function problemOfFile(file: SourceFile, target: Import, to: string): string | undefined {
  const from = layerOf(file.path);
  const path = target.path ?? '';
  if (COMPOSERS.has(from)) {
    return from !== 'main' && to === 'main' ? 'nothing imports src/main.ts' : undefined;
  }
  if (from === 'adapters' && to === 'adapters') {
    const isSamePort = posix.dirname(path) === posix.dirname(file.path);
    return isSamePort ? undefined : 'an adapter knows only its own port';
  }
  if (from === to) return undefined;
  if (from === 'config' && /^src\/[\w-]+\/(\w+\/)?options\.ts$/.test(path)) {
    return target.isTypeOnly ? undefined : "config takes only the type of a component's options";
  }
  if (to === 'adapters' && isComponent(from) && file.path === `src/${from}/index.ts`) {
    return undefined;
  }
  if (isComponent(from) && isComponent(to)) return 'components never import each other';
  const allowed = ALLOWED[isComponent(from) ? 'component' : from] ?? [];
  return allowed.includes(to) ? undefined : `${from} must not import ${to}`;
}

/** Import statements of files in src and machines that point the wrong way. */
export function arrowProblems(file: SourceFile): string[] {
  return importsOf(file).flatMap((target) => {
    const to = target.path === undefined ? '' : layerOf(target.path);
    const problem =
      target.path === undefined
        ? problemOfPackage(layerOf(file.path), target.specifier)
        : problemOfFile(file, target, to);
    return problem === undefined
      ? []
      : [`${file.path}:${target.line} ${target.specifier}: ${problem}`];
  });
}

/** A port is a promise: nothing in it may exist when the program runs. */
export function portProblems(file: SourceFile): string[] {
  if (!file.path.startsWith('src/ports/')) return [];
  const text = withoutComments(file.text);
  const values = text.matchAll(/^(?:export\s+)?(?:const|let|var|class|function|async)\b.*$/gm);
  return [...values].map(
    (hit) => `${file.path}:${lineOf(text, hit.index)} ports hold interfaces only: ${hit[0].trim()}`,
  );
}
