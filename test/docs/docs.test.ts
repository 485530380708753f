import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROUTER_NAMES } from '../../src/router/index.ts';
import { GENERATED_DOCS, readDoc, renderDoc } from './render-docs.ts';

const root = new URL('../../', import.meta.url);

describe('generated parts', () => {
  it.each(GENERATED_DOCS)('%s is what the code says; else run `npm run docs`', (path) => {
    expect(readDoc(path)).toBe(renderDoc(path));
  });
});

describe('hand-written lists', () => {
  it('ARCHITECTURE.md names every actor of the tree', () => {
    const text = readDoc('docs/ARCHITECTURE.md');
    const names = [
      ...Object.values(ROUTER_NAMES),
      'messaging/nats-client',
      'messaging/nats-broker',
    ];
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('decisions give a reason for every dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readDoc('package.json')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const text = readDoc('docs/decisions/0001-runtime-and-packages.md');
    const names = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    expect(names.filter((name) => !text.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('links between documents lead somewhere', () => {
    const files = [
      'README.md',
      ...readdirSync(new URL('docs/', root), { recursive: true })
        .map((name) => `docs/${String(name)}`)
        .filter((name) => name.endsWith('.md')),
    ];
    const broken = files.flatMap((file) => {
      const text = readFileSync(new URL(file, root), 'utf8');
      const links = text.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g);
      const targets = [...links].map((match) => match[1] ?? '');
      return targets
        .filter((target) => !existsSync(new URL(target, new URL(file, root))))
        .map((target) => `${file}: ${target}`);
    });
    expect(broken).toEqual([]);
  });
});
