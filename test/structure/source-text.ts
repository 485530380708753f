import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SourceFile {
  /** From the root of the project, with `/`. */
  readonly path: string;
  readonly text: string;
}

export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SKIPPED = new Set(['node_modules', '.git', '.troupe', 'coverage', 'data']);

/** All files below the folders whose names end in one of the extensions. */
export function readFiles(folders: readonly string[], extensions: readonly string[]): SourceFile[] {
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(PROJECT_ROOT, folder), { withFileTypes: true })) {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) walk(path);
      } else if (extensions.some((extension) => entry.name.endsWith(extension))) {
        files.push({ path, text: readFileSync(join(PROJECT_ROOT, path), 'utf8') });
      }
    }
  };
  for (const folder of folders) walk(folder);
  return files;
}

/** One token of TypeScript, as far as it matters where comments and literals begin and end. */
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const QUOTED = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y;
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** What stands before a regular expression, and never before a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+<>]|\breturn|\bcase|\btypeof)\s*$/;

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** Keeps the quotes, so that what is left still reads as a literal. */
const hollow = (text: string): string =>
  text.length < 2 ? text : text.charAt(0) + blank(text.slice(1, -1)) + text.charAt(text.length - 1);

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The end of the template literal that begins at `at`; code in `${}` belongs to it. */
function templateEnd(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length) {
    const char = text.charAt(index);
    if (char === '\\') index += 2;
    else if (char === '`') return index + 1;
    else if (text.startsWith('${', index)) index = substitutionEnd(text, index + 2);
    else index += 1;
  }
  return index;
}

function substitutionEnd(text: string, at: number): number {
  let depth = 1;
  let index = at;
  while (index < text.length && depth > 0) {
    const char = text.charAt(index);
    const quoted = match(QUOTED, text, index);
    if (char === '`') index = templateEnd(text, index);
    else if (quoted !== undefined) index += quoted.length;
    else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      index += 1;
    }
  }
  return index;
}

/** A template as code: the text is blank, what stands in `${}` is kept. */
function templateCode(template: string): string {
  let code = '`';
  let index = 1;
  while (index < template.length - 1) {
    if (template.startsWith('${', index) && template.charAt(index - 1) !== '\\') {
      const end = substitutionEnd(template, index + 2);
      code += `  ${codeOf(template.slice(index + 2, end - 1))} `;
      index = end;
    } else {
      code += template.charAt(index) === '\n' ? '\n' : ' ';
      index += 1;
    }
  }
  return `${code}\``;
}

function rewrite(text: string, literal: (text: string) => string, template: typeof literal) {
  let code = '';
  let index = 0;
  while (index < text.length) {
    const char = text.charAt(index);
    let piece = char;
    if (char === '/') {
      const comment = match(COMMENT, text, index);
      const regex = BEFORE_REGEX.test(code.slice(-40)) ? match(REGEX, text, index) : undefined;
      if (comment !== undefined) {
        code += blank(comment);
        index += comment.length;
        continue;
      }
      if (regex !== undefined) {
        code += hollow(regex);
        index += regex.length;
        continue;
      }
    } else if (char === "'" || char === '"') {
      piece = match(QUOTED, text, index) ?? char;
      code += literal(piece);
      index += piece.length;
      continue;
    } else if (char === '`') {
      piece = text.slice(index, templateEnd(text, index));
      code += template(piece);
      index += piece.length;
      continue;
    }
    code += piece;
    index += 1;
  }
  return code;
}

/** The text with comments, strings and regular expressions blank; every line keeps its place. */
export const codeOf = (text: string): string => rewrite(text, hollow, templateCode);

/** The text with comments blank, for what is to be read out of strings. */
export const withoutComments = (text: string): string =>
  rewrite(
    text,
    (piece) => piece,
    (piece) => piece,
  );

export const lineOf = (text: string, index: number): number =>
  text.slice(0, index).split('\n').length;
