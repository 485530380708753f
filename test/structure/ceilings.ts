/** How long lines, functions and files may be (DESIGN §3). */
import { codeOf, lineOf, type SourceFile } from './source-text.ts';

export const CEILINGS = {
  lineCharacters: 100,
  functionLines: 70,
  /** A file above this needs a reason; there is none so far, so there is no list of them. */
  fileLines: 400,
} as const;

export function lineProblems(file: SourceFile): string[] {
  return file.text.split('\n').flatMap((line, index) => {
    const { length } = [...line];
    if (length <= CEILINGS.lineCharacters) return [];
    return [`${file.path}:${index + 1} line of ${length} characters`];
  });
}

export function fileProblems(file: SourceFile): string[] {
  const lines = file.text.trimEnd().split('\n').length;
  return lines > CEILINGS.fileLines ? [`${file.path} file of ${lines} lines`] : [];
}

const OPENERS: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };

/** Where the bracket opens that closes at `at`. */
function openingOf(code: string, at: number): number {
  const closer = code.charAt(at);
  const opener = OPENERS[closer];
  let depth = 0;
  for (let index = at; index >= 0; index -= 1) {
    const char = code.charAt(index);
    if (char === closer) depth += 1;
    if (char === opener) depth -= 1;
    if (depth === 0) return index;
  }
  return 0;
}

/** A `)` before the brace, with or without a type of the result, or an arrow. */
const HEAD = /(?:=>|\)(?:\s*:\s*[^;={}()]+)?)\s*$/;
const STATEMENT = /\b(?:if|for|while|switch|catch|with|await)\s*$/;
/** The callback that groups tests is a table of contents, not a function. */
const GROUP = /\bdescribe\w*(?:\.\w+)*(?:\([^()]*\))?\([^;]*$/;

/** Where the function begins whose body opens with the brace at `brace`, if it is one. */
function functionStart(code: string, brace: number): number | undefined {
  const before = code.slice(Math.max(0, brace - 400), brace);
  const head = HEAD.exec(before);
  if (head === null) return undefined;
  const end = brace - before.length + head.index;
  if (!head[0].startsWith(')')) return end;
  const start = openingOf(code, end);
  return STATEMENT.test(code.slice(Math.max(0, start - 20), start)) ? undefined : start;
}

export interface FunctionSpan {
  readonly line: number;
  readonly lines: number;
}

/** Every function with a body in braces. */
export function functionsOf(text: string): FunctionSpan[] {
  const code = codeOf(text);
  const stack: (number | undefined)[] = [];
  const spans: FunctionSpan[] = [];
  for (let index = 0; index < code.length; index += 1) {
    const char = code.charAt(index);
    if (char === '{') {
      const start = functionStart(code, index);
      const lineStart = start === undefined ? 0 : code.lastIndexOf('\n', start) + 1;
      const isGroup = start !== undefined && GROUP.test(code.slice(lineStart, index));
      stack.push(isGroup ? undefined : start);
    } else if (char === '}') {
      const start = stack.pop();
      if (start === undefined) continue;
      const line = lineOf(code, start);
      spans.push({ line, lines: lineOf(code, index) - line + 1 });
    }
  }
  return spans;
}

export function functionProblems(file: SourceFile): string[] {
  return functionsOf(file.text)
    .filter(({ lines }) => lines > CEILINGS.functionLines)
    .map(({ line, lines }) => `${file.path}:${line} function of ${lines} lines`);
}
