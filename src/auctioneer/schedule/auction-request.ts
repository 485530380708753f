/** What is asked of the auctioneer (diego.md §13.1). */

/** What a place must have. */
export interface Needs {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly maxPids: number;
  /** As a URL: `preloaded:cflinuxfs4`, `docker:///image`. */
  readonly rootFs: string;
  readonly placementTags: readonly string[];
  readonly volumeDrivers: readonly string[];
}

/** One instance that looks for a cell. */
export interface LrpAuction extends Needs {
  readonly processGuid: string;
  readonly domain: string;
  readonly index: number;
}

export interface TaskAuction extends Needs {
  readonly taskGuid: string;
  readonly domain: string;
}

export const lrpIdentifier = ({ processGuid, index }: LrpAuction): string =>
  `${processGuid}.${index}`;

type Json = Readonly<Record<string, unknown>>;

/** Valid elements, and what is wrong with each of the others. */
export interface Parsed<T> {
  readonly auctions: readonly T[];
  readonly problems: readonly string[];
  /** An element is not even of the right shape; the original refuses the whole request. */
  readonly malformed: string | undefined;
}

const MAX_INT32 = 2 ** 31 - 1;
/** Of one element: more instances than a desired LRP may have. */
const MAX_INDICES = 100_000;

/** Thrown and caught in this file only: an element breaks a rule. */
class Invalid extends Error {}
/** A value is of the wrong type. */
class Malformed extends Invalid {}

function demand(isRight: boolean, problem: string): void {
  if (!isRight) throw new Invalid(problem);
}

function demandShape(isRight: boolean, problem: string): void {
  if (!isRight) throw new Malformed(problem);
}

const isInt32 = (value: unknown): boolean =>
  Number.isInteger(value) && Math.abs(value as number) <= MAX_INT32;

function textOf(json: Json, key: string): string {
  const value = json[key] ?? '';
  demandShape(typeof value === 'string', `${key} is no text`);
  return value as string;
}

function numberOf(json: Json, key: string): number {
  const value = json[key] ?? 0;
  demandShape(isInt32(value), `${key} is no whole number`);
  return value as number;
}

function textsOf(json: Json, key: string): readonly string[] {
  const value = json[key] ?? [];
  const isRight = Array.isArray(value) && value.every((item) => typeof item === 'string');
  demandShape(isRight, `${key} is no list of texts`);
  return value as string[];
}

function needsOf(json: Json): Needs {
  const needs = {
    memoryMb: numberOf(json, 'MemoryMB'),
    diskMb: numberOf(json, 'DiskMB'),
    maxPids: numberOf(json, 'MaxPids'),
    rootFs: textOf(json, 'RootFs'),
    placementTags: textsOf(json, 'PlacementTags'),
    volumeDrivers: textsOf(json, 'VolumeDrivers'),
  };
  demand(needs.memoryMb >= 0, 'memory is below 0');
  demand(needs.diskMb >= 0, 'disk is below 0');
  return needs;
}

function lrpsOf(json: Json): LrpAuction[] {
  const processGuid = textOf(json, 'process_guid');
  const domain = textOf(json, 'domain');
  demand(processGuid !== '', 'process_guid is empty');
  demand(domain !== '', 'domain is empty');
  const indices: unknown = json['indices'] ?? [];
  demandShape(Array.isArray(indices) && indices.every(isInt32), 'indices are no list of numbers');
  const list = indices as readonly number[];
  demand(list.length > 0, 'indices are empty');
  demand(list.length <= MAX_INDICES, `there are more than ${MAX_INDICES} indices`);
  demand(
    list.every((index) => index >= 0),
    'an index is below 0',
  );
  const needs = needsOf(json);
  demand(needs.rootFs !== '', 'rootfs is empty');
  return list.map((index) => ({ processGuid, domain, index, ...needs }));
}

function taskOf(json: Json): TaskAuction[] {
  const taskGuid = textOf(json, 'TaskGuid');
  demand(taskGuid !== '', 'TaskGuid is empty');
  return [{ taskGuid, domain: textOf(json, 'Domain'), ...needsOf(json) }];
}

function parseEach<T>(
  requests: readonly unknown[],
  parse: (json: Json) => readonly T[],
): Parsed<T> {
  const auctions: T[] = [];
  let malformed: string | undefined;
  const problems: string[] = [];
  for (const request of requests) {
    try {
      const isObject = typeof request === 'object' && request !== null && !Array.isArray(request);
      demandShape(isObject, 'it is no object');
      for (const auction of parse(request as Json)) auctions.push(auction);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      if (error instanceof Malformed) malformed ??= error.message;
      problems.push(error.message);
    }
  }
  return { auctions, problems, malformed };
}

/** Invalid elements are skipped; the rest is taken (diego.md §13.1). */
export const parseLrpRequests = (requests: readonly unknown[]): Parsed<LrpAuction> =>
  parseEach(requests, lrpsOf);

export const parseTaskRequests = (requests: readonly unknown[]): Parsed<TaskAuction> =>
  parseEach(requests, taskOf);
