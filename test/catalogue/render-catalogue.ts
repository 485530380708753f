/** Which ids of the catalogue are passed, and which are not and why, as docs/ shows it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE, CATALOGUE_IDS } from './catalogue-ids.ts';
import { NOT_COVERED, type NotCovered, PARTLY_COVERED } from './not-covered.ts';

const TEST_FOLDER = join(import.meta.dirname, '..');
const GROUPS = CATALOGUE.map(({ name }) => name).join('|');
const ID = `(?:${GROUPS})-\\d+`;
/** A text that starts with one id or several: the name of a test, or of a case that names one. */
const NAME = new RegExp(`['"\`](${ID}(?:, ${ID})*)(?=['"\`:, ])`, 'g');

function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file));
}

/** Ids by which tests are named. */
export function testedIds(): ReadonlySet<string> {
  const texts = testFiles(TEST_FOLDER).map((file) => readFileSync(file, 'utf8'));
  const names = texts.flatMap((text) => [...text.matchAll(NAME)].map(([, ids = '']) => ids));
  return new Set(names.flatMap((ids) => ids.split(', ')));
}

const groupOf = (id: string): string => id.slice(0, id.lastIndexOf('-'));

/** `CFG-4 to CFG-8, CFG-26`. */
function idsText(ids: readonly string[]): string {
  const runs: string[][] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    const isNext = run?.at(-1) === `${groupOf(id)}-${Number(id.slice(groupOf(id).length + 1)) - 1}`;
    if (isNext) run?.push(id);
    else runs.push([id]);
  }
  return runs.flatMap((run) => (run.length > 2 ? [`${run[0]} to ${run.at(-1)}`] : run)).join(', ');
}

/** One line per reason, with ids in the order of the catalogue. */
function reasonLines(entries: readonly NotCovered[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { ids, reason } of entries) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), ...ids]);
  }
  return [...byReason].map(([reason, ids]) => {
    const sorted = ids.toSorted((a, b) => CATALOGUE_IDS.indexOf(a) - CATALOGUE_IDS.indexOf(b));
    return `| ${idsText(sorted)} | ${reason} |`;
  });
}

export function renderCatalogue(): string {
  const tested = testedIds();
  const listed = new Set(NOT_COVERED.flatMap(({ ids }) => ids));
  const rows = CATALOGUE.map(({ name, about }) => {
    const ids = CATALOGUE_IDS.filter((id) => groupOf(id) === name);
    const passed = ids.filter((id) => tested.has(id)).length;
    const without = ids.filter((id) => listed.has(id)).length;
    return `| ${name} (${about}) | ${passed} | ${without} | ${ids.length} |`;
  });
  const passedCount = CATALOGUE_IDS.filter((id) => tested.has(id)).length;
  return [
    '| group | passed | listed | total |',
    '| --- | --- | --- | --- |',
    ...rows,
    `| all | ${passedCount} | ${listed.size} | ${CATALOGUE_IDS.length} |`,
    '',
    '| listed | reason |',
    '| --- | --- |',
    ...reasonLines(NOT_COVERED),
    '',
    '| passed but for a part | the part |',
    '| --- | --- |',
    ...reasonLines(PARTLY_COVERED),
  ].join('\n');
}
