/** What every file `x.machine.ts` has (DESIGN §3 naming, §4 rule 7). */
import { lineOf, type SourceFile, withoutComments } from './source-text.ts';

const CLOSERS: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/** The text from the bracket at `at` to the one that closes it. */
function balanced(text: string, at: number): string {
  const opener = text.charAt(at);
  const closer = CLOSERS[opener] ?? '';
  let depth = 0;
  for (let index = at; index < text.length; index += 1) {
    if (text.charAt(index) === opener) depth += 1;
    if (text.charAt(index) === closer) depth -= 1;
    if (depth === 0) return text.slice(at, index + 1);
  }
  return text.slice(at);
}

/** The objects of `invoke: {…}` or `invoke: [{…}, {…}]`, each as text. */
function invocations(text: string, at: number): string[] {
  if (text.charAt(at) === '{') return [balanced(text, at)];
  const list = balanced(text, at);
  const objects: string[] = [];
  for (let index = 1; index < list.length; index += 1) {
    if (list.charAt(index) !== '{') continue;
    const object = balanced(list, index);
    objects.push(object);
    index += object.length;
  }
  return objects;
}

/** The keys at the top of an object, the rest blank. */
const topLevel = (object: string): string => {
  let inner = object.slice(1, -1);
  for (let before = ''; before !== inner; ) {
    before = inner;
    inner = inner.replace(/\{[^{}]*\}|\[[^[\]]*\]|\([^()]*\)/g, '');
  }
  return inner;
};

export const machineName = (path: string): string => {
  const base = path.split('/').pop()?.replace('.machine.ts', '') ?? '';
  return `${base.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())}Machine`;
};

const WILDCARD = /['"`](?:[\w.-]+\.)?\*['"`]\s*:/g;

export function machineProblems(file: SourceFile): string[] {
  if (!file.path.startsWith('machines/')) return [];
  const text = withoutComments(file.text);
  const problems: string[] = [];
  if (!file.path.startsWith('machines/kernel/supervisor.')) {
    for (const hit of text.matchAll(WILDCARD)) {
      const line = lineOf(text, hit.index);
      problems.push(`${file.path}:${line} a handler for any event hides mistakes: name the events`);
    }
  }
  if (!file.path.endsWith('.machine.ts')) return problems;
  const name = machineName(file.path);
  if (!text.includes(`export const ${name} =`)) problems.push(`${file.path} exports no ${name}`);
  if (!/\bmaxIterations:\s*\d/.test(text)) problems.push(`${file.path} sets no maxIterations`);
  for (const hit of text.matchAll(/\binvoke:\s*(?=[{[])/g)) {
    for (const object of invocations(text, hit.index + hit[0].length)) {
      if (/\bid:/.test(topLevel(object))) continue;
      problems.push(`${file.path}:${lineOf(text, hit.index)} an invoke has no id`);
    }
  }
  return problems;
}
