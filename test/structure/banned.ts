/** What must not be used where, and what to use instead (DESIGN §3, §4 rule 6). */
import { codeOf, lineOf, type SourceFile, withoutComments } from './source-text.ts';

interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  readonly instead: string;
}

const TIMERS = 'setTimeout|setInterval|setImmediate|queueMicrotask';

/** Matched against code without comments and strings. */
const GLOBALS: readonly Ban[] = [
  { name: 'Date.now', pattern: /\bDate\.now\b/g, instead: 'Clock.wallMs' },
  { name: 'new Date()', pattern: /\bnew Date(?:\(\s*\)|(?!\s*\())/g, instead: 'Clock.wallMs' },
  { name: 'performance.now', pattern: /\bperformance\.\w+/g, instead: 'Clock.nowMs' },
  { name: 'Math.random', pattern: /\bMath\.random\b/g, instead: 'Random.next' },
  {
    name: 'timers',
    pattern: new RegExp(`(?<![.\\w$#])(?:${TIMERS})\\b(?!\\s*[?:])`, 'g'),
    instead: 'Clock.setTimeout or Clock.defer',
  },
  { name: 'console', pattern: /(?<![.\w$#])console\b(?!\s*[?:])/g, instead: 'Log' },
  { name: 'globalThis', pattern: /(?<![.\w$#])globalThis\b/g, instead: 'a port' },
];

/** Matched against text without comments: module names are strings. */
const MODULES: Ban = {
  name: 'module',
  pattern: /['"`](?:node:)?(?:process|timers|timers\/promises|perf_hooks|console)['"`]/g,
  instead: 'a port',
};

const PROCESS: Ban = {
  name: 'process',
  pattern: /(?<![.\w$#])process\s*(?:\.|\?\.|\[)/g,
  instead: 'ProcessInfo, or a value that main.ts passes in',
};

/** `process` as a parameter, a variable or a part of a pattern is not the global. */
const OWN_PROCESS = /(?:\b(?:const|let)\s+process\b|[{,(]\s*process\s*[,})]|\(\s*process\s*:)/;

const isExempt = ({ path }: SourceFile): boolean =>
  path.startsWith('src/adapters/') || path.startsWith('src/ports/') || path === 'src/main.ts';

const report = (file: SourceFile, text: string, { pattern, name, instead }: Ban): string[] =>
  [...text.matchAll(pattern)].map(
    (hit) => `${file.path}:${lineOf(text, hit.index)} ${name}: use ${instead}`,
  );

/** For files of src and machines. */
export function banProblems(file: SourceFile): string[] {
  if (isExempt(file)) return [];
  const code = codeOf(file.text);
  return [
    ...GLOBALS.flatMap((ban) => report(file, code, ban)),
    ...report(file, withoutComments(file.text), MODULES),
    ...(OWN_PROCESS.test(code) ? [] : report(file, code, PROCESS)),
  ];
}

/** Put together from pieces, so that this file does not name what it forbids. */
const OPEN_ENDS = new RegExp(
  `\\b(?:${['TO', 'FIX', 'X'].map((a, i) => a + ['DO', 'ME', 'XX'][i]).join('|')})\\b`,
  'g',
);

/** Unfinished work goes into an issue, not into the code. */
export const openEndProblems = (file: SourceFile): string[] =>
  report(file, file.text, { name: 'open end', pattern: OPEN_ENDS, instead: 'an issue' });

const WORKPLACE = new RegExp(
  [
    ['clau', 'de'],
    ['anthro', 'pic'],
    ['open', 'ai'],
    ['chat', 'gpt'],
    ['co', 'pilot'],
    ['sub', '-?agent'],
    ['language ', 'model'],
    ['/wo', 'rk/'],
    ['/ro', 'ot/'],
    ['/tmp/ba', 'sh'],
  ]
    .map((pieces) => pieces.join(''))
    .join('|'),
  'gi',
);

/** Nothing tells where or with what this was written. */
export const workplaceProblems = (file: SourceFile): string[] =>
  report(file, file.text, { name: 'word of the workplace', pattern: WORKPLACE, instead: 'none' });
