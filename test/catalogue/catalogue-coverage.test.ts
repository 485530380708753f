import { expect, test } from 'vitest';
import { CATALOGUE, CATALOGUE_IDS } from './catalogue-ids.ts';
import { NOT_COVERED, PARTLY_COVERED } from './not-covered.ts';
import { renderCatalogue, testedIds } from './render-catalogue.ts';

const tested = testedIds();
const listed = NOT_COVERED.flatMap(({ ids }) => ids);
const known = new Set(CATALOGUE_IDS);

test('every id has a test or a reason', () => {
  const open = CATALOGUE_IDS.filter((id) => !tested.has(id) && !listed.includes(id));
  expect(open).toEqual([]);
});

test('no id has both', () => {
  expect(listed.filter((id) => tested.has(id))).toEqual([]);
});

test('no test and no reason is for an unknown id', () => {
  const partly = PARTLY_COVERED.flatMap(({ ids }) => ids);
  expect([...tested, ...listed, ...partly].filter((id) => !known.has(id))).toEqual([]);
});

test('no id is listed twice, and what is passed in part has a test', () => {
  expect(listed.filter((id, index) => listed.indexOf(id) !== index)).toEqual([]);
  const partly = PARTLY_COVERED.flatMap(({ ids }) => ids);
  expect(partly.filter((id) => !tested.has(id))).toEqual([]);
});

test('the page counts every id once', () => {
  const rows = renderCatalogue()
    .split('\n')
    .map((line) => /^\| .* \| (\d+) \| (\d+) \| (\d+) \|$/.exec(line)?.slice(1).map(Number))
    .filter((row) => row !== undefined);
  expect(rows).toHaveLength(CATALOGUE.length + 1);
  for (const [passed = 0, without = 0, total = 0] of rows) expect(passed + without).toBe(total);
  expect(rows.at(-1)?.[2]).toBe(CATALOGUE_IDS.length);
});
