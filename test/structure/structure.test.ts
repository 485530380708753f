import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { arrowProblems, importsOf, portProblems } from './arrows.ts';
import { banProblems, openEndProblems, workplaceProblems } from './banned.ts';
import { CEILINGS, fileProblems, functionProblems, functionsOf, lineProblems } from './ceilings.ts';
import { machineProblems } from './machine-files.ts';
import { codeOf, PROJECT_ROOT, readFiles, type SourceFile } from './source-text.ts';

const CODE = ['src', 'machines', 'test', 'bench', 'examples', 'scripts'];
const code = readFiles(CODE, ['.ts', '.js']);
const production = code.filter(({ path }) => /^(?:src|machines)\//.test(path));
const texts = [...code, ...readFiles(['docs', '.ci'], ['.md', '.ts', '.js', '.json', '.sh'])];

type Rule = (file: SourceFile) => string[];
const check = (rule: Rule, files: readonly SourceFile[]) => files.flatMap(rule);

describe('the project', () => {
  it('is found', () => {
    expect(production.length).toBeGreaterThan(50);
  });

  it.each<[string, Rule, readonly SourceFile[]]>([
    ['arrows between folders go one way', arrowProblems, production],
    ['ports are interfaces only', portProblems, production],
    ['time, chance, process and output come from ports', banProblems, production],
    ['machines are named, bounded and explicit', machineProblems, production],
    [`lines have at most ${CEILINGS.lineCharacters} characters`, lineProblems, code],
    [`functions have at most ${CEILINGS.functionLines} lines`, functionProblems, code],
    [`files have at most ${CEILINGS.fileLines} lines`, fileProblems, code],
    ['nothing is left open', openEndProblems, texts],
    ['nothing names the workplace', workplaceProblems, texts],
  ])('%s', (_name, rule, files) => {
    expect(check(rule, files)).toEqual([]);
  });

  it('locks packages without the address of a registry', () => {
    const lock = readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/"resolved"\s*:/);
  });
});

/** Each rule, shown to fail: file, text, and how many problems it must find. */
const cases: readonly [rule: Rule, path: string, text: string, problems: number][] = [
  [arrowProblems, 'machines/a/a.machine.ts', "import { x } from 'pino';", 1],
  [arrowProblems, 'machines/a/a.machine.ts', "import { x } from 'node:fs';", 1],
  [arrowProblems, 'machines/a/a.machine.ts', "import type { x } from '../../src/ports/log.ts';", 1],
  [arrowProblems, 'machines/a/a.machine.ts', "import { x } from '../../src/model/x.ts';", 0],
  [arrowProblems, 'machines/a/a.machine.ts', "import {\n  setup,\n} from 'xstate';", 0],
  [arrowProblems, 'src/model/a.ts', "import { x } from 'xstate';", 1],
  [arrowProblems, 'src/model/a.ts', "import { x } from 'node:net';", 1],
  [arrowProblems, 'src/model/a.ts', "import { x } from 'node:crypto';", 0],
  [arrowProblems, 'src/ports/a.ts', "import { x } from '../adapters/log/pino-log.ts';", 1],
  [arrowProblems, 'src/ports/a.ts', "import { x } from 'nats';", 1],
  [arrowProblems, 'src/adapters/log/a.ts', "import { x } from '../../kernel/feed.ts';", 1],
  [arrowProblems, 'src/adapters/log/a.ts', "import { x } from '../clock/real-clock.ts';", 1],
  [arrowProblems, 'src/adapters/log/a.ts', "import { x } from '../../ports/log.ts';", 0],
  [arrowProblems, 'src/kernel/a.ts', "import { x } from '../router/index.ts';", 1],
  [arrowProblems, 'src/router/a.ts', "import { x } from '../messaging/bus-hub.ts';", 1],
  [arrowProblems, 'src/router/http/a.ts', "export { x } from '../../messaging/bus-hub.ts';", 1],
  [arrowProblems, 'src/router/a.ts', "const x = await import('../messaging/index.ts');", 1],
  [arrowProblems, 'src/router/a.ts', "import { x } from '../adapters/log/pino-log.ts';", 1],
  [arrowProblems, 'src/router/index.ts', "import { x } from '../adapters/log/pino-log.ts';", 0],
  [arrowProblems, 'src/router/a.ts', "import { x } from '../node/start-node.ts';", 1],
  [arrowProblems, 'src/router/a.ts', "import { x } from '../../test/x.ts';", 1],
  [arrowProblems, 'src/config/a.ts', "import type { X } from '../router/options.ts';", 0],
  [arrowProblems, 'src/config/a.ts', "import { x } from '../router/options.ts';", 1],
  [arrowProblems, 'src/config/a.ts', "import { x } from '../router/policy/x.ts';", 1],
  [arrowProblems, 'src/cli/a.ts', "import { x } from '../router/index.ts';", 0],
  [arrowProblems, 'src/cli/a.ts', "import { x } from '../main.ts';", 1],
  [arrowProblems, 'src/router/a.ts', "// import { x } from '../messaging/index.ts';", 0],
  [portProblems, 'src/ports/a.ts', 'export const limit = 1;', 1],
  [portProblems, 'src/ports/a.ts', 'export class Clock {}', 1],
  [portProblems, 'src/ports/a.ts', 'export interface Clock {}\nexport type T = 1;', 0],
  [banProblems, 'src/router/a.ts', 'const now = Date.now();', 1],
  [banProblems, 'src/router/a.ts', 'const now = new Date();', 1],
  [banProblems, 'src/router/a.ts', 'const day = new Date(clock.wallMs());', 0],
  [banProblems, 'src/router/a.ts', 'const now = performance.now();', 1],
  [banProblems, 'machines/a/a.machine.ts', 'const chance = Math.random();', 1],
  [banProblems, 'src/router/a.ts', 'setTimeout(fn, 5);', 1],
  [banProblems, 'src/router/a.ts', 'const later = setImmediate;', 1],
  [banProblems, 'src/router/a.ts', 'clock.setTimeout(fn, 5);', 0],
  [banProblems, 'src/router/a.ts', 'socket.setTimeout(5);', 0],
  [banProblems, 'src/router/a.ts', "const home = process.env['HOME'];", 1],
  [banProblems, 'src/router/a.ts', 'const bytes = ports.process.maxResidentBytes();', 0],
  [banProblems, 'src/router/a.ts', 'const f = ({ process }: P) => process.cores;', 0],
  [banProblems, 'src/router/a.ts', "import { env } from 'node:process';", 1],
  [banProblems, 'src/router/a.ts', 'console.log(1);', 1],
  [banProblems, 'src/router/a.ts', 'const text = `$' + '{Math.random()}`;', 1],
  [banProblems, 'src/router/a.ts', "// Date.now()\nconst text = 'console.log(1)';", 0],
  [banProblems, 'src/adapters/clock/a.ts', 'const now = Date.now();', 0],
  [banProblems, 'src/main.ts', 'process.exitCode = 1;', 0],
  [machineProblems, 'machines/a/a-b.machine.ts', 'export const abMachine = 1;', 2],
  [
    machineProblems,
    'machines/a/a-b.machine.ts',
    'export const aBMachine = { maxIterations: 9 };',
    0,
  ],
  [machineProblems, 'machines/a/a.events.ts', "const on = { '*': 'x' };", 1],
  [machineProblems, 'machines/a/a.events.ts', "const on = { 'xstate.*': 'x' };", 1],
  [machineProblems, 'machines/kernel/supervisor.events.ts', "const on = { 'xstate.*': 'x' };", 0],
  ...(
    [
      ["invoke: { src: 'x', input: { id: 1 } },", 1],
      ["invoke: [{ id: 'x', src: 'x' }, { src: 'y' }],", 1],
      ["invoke: { id: 'x', src: 'x', input: ({ context }) => ({ a: 1 }) },", 0],
    ] as const
  ).map(([text, problems]): (typeof cases)[number] => [
    machineProblems,
    'machines/a/a.machine.ts',
    `export const aMachine = { maxIterations: 9, ${text} };`,
    problems,
  ]),
  [lineProblems, 'src/a.ts', 'x'.repeat(101), 1],
  [lineProblems, 'src/a.ts', 'x'.repeat(100), 0],
  [fileProblems, 'src/a.ts', 'x\n'.repeat(401), 1],
  [fileProblems, 'src/a.ts', 'x\n'.repeat(400), 0],
  [functionProblems, 'src/a.ts', `function f(): void {\n${'x;\n'.repeat(69)}}`, 1],
  [functionProblems, 'src/a.ts', `function f(): void {\n${'x;\n'.repeat(68)}}`, 0],
  [functionProblems, 'src/a.ts', `const f = async (a) => {\n${'x;\n'.repeat(69)}};`, 1],
  [functionProblems, 'src/a.ts', `class A {\n  run(\n  ): A<B> {\n${'x;\n'.repeat(69)}}\n}`, 1],
  [functionProblems, 'src/a.ts', `if (a) {\n${'x;\n'.repeat(80)}}`, 0],
  [functionProblems, 'src/a.ts', `const table = {\n${'x: 1,\n'.repeat(80)}};`, 0],
  [functionProblems, 'test/a.ts', `describe('x', () => {\n${'x;\n'.repeat(80)}});`, 0],
  [functionProblems, 'test/a.ts', `describeWith(1, (a) => {\n${'x;\n'.repeat(80)}});`, 0],
  [functionProblems, 'test/a.ts', `it('x', () => {\n${'x;\n'.repeat(80)}});`, 1],
  [openEndProblems, 'src/a.ts', ['// TO', 'DO: later'].join(''), 1],
  [openEndProblems, 'src/a.ts', '// todo list of the user', 0],
  [workplaceProblems, 'docs/a.md', ['see /wo', 'rk/main'].join(''), 1],
  [workplaceProblems, 'docs/a.md', 'the user agent', 0],
];

describe('the rules', () => {
  it.each(cases.map((own, index) => [index, ...own] as const))('case %i: %o on %s', (...own) => {
    const [, rule, path, text, problems] = own;
    expect(rule({ path, text })).toHaveLength(problems);
  });

  it('see through comments, strings, templates and regular expressions', () => {
    const template = `\`d \${e('}')} f\``;
    const text = `a('/*'); // b\nc(/'[/]/g, ${template}); /* g\n */ h / i / j;`;
    const shape = codeOf(text).replace(/\s+/g, ' ');
    expect(shape).toBe("a(' '); c(/ g, ` e(' ') `); h / i / j;");
    expect(codeOf(text).split('\n')).toHaveLength(text.split('\n').length);
  });

  it('find imports of every form', () => {
    const text = [
      "import a from 'a';",
      "import type { B } from './b.ts';",
      "import 'c';",
      "export * from './d.ts';",
      "export const e = 'not/an/import';",
      "const f = require('f');",
    ].join('\n');
    const found = importsOf({ path: 'src/x/y.ts', text });
    expect(found.map(({ specifier }) => specifier)).toEqual(['a', './b.ts', 'c', './d.ts', 'f']);
    expect(found.map(({ path }) => path)).toEqual([
      undefined,
      'src/x/b.ts',
      undefined,
      'src/x/d.ts',
      undefined,
    ]);
  });

  it('measure functions from their head to their end', () => {
    const text = 'function f(\n  a: number,\n) {\n  if (a) {\n  }\n}\nconst g = () => {\n};\n';
    expect(functionsOf(text)).toEqual([
      { line: 1, lines: 6 },
      { line: 7, lines: 2 },
    ]);
  });
});
