import { readdirSync, readFileSync } from 'node:fs';

export type Generation = 'today' | '2015';
const GENERATIONS: readonly Generation[] = ['today', '2015'];

/**
 * One row of the tables of diego.md §3, §4 and §6, as data. The words of commands stand in
 * commands.ts, those of records and events in render-records.ts and render-events.ts.
 */
export interface TransitionRow {
  /** Section and row: `§3.1 RUNNING own`. */
  readonly id: string;
  readonly generation: Generation | 'both';
  /** What brings about the state; `@NAME` stands for a list in scenes.json. */
  readonly given: readonly string[];
  readonly request: string;
  readonly expect: Expectation;
  /** Where the text is silent or the recordings say otherwise than the text. */
  readonly note?: string;
  /** Where this BBS does something else on purpose: stands in the place of `expect`. */
  readonly ours?: { readonly reason: string; readonly expect: Expectation };
  /** Stores on which the row cannot be played, with the reason. */
  readonly except?: Readonly<Partial<Record<StoreName, string>>>;
}

export type StoreName = 'memory' | 'lmdb' | 'etcd';

export interface Expectation {
  /** Name of the error type; absent: success. */
  readonly error?: string;
  /** Text of the error; absent: not compared. */
  readonly message?: string;
  readonly keep_container?: boolean;
  readonly should_start?: boolean;
  /** All LRP rows afterwards; absent: not one byte of them has changed. */
  readonly rows?: readonly string[];
  /** All task records afterwards; absent: unchanged. */
  readonly tasks?: readonly string[];
  /** Absent: none. `stream` is the one stream of 2015. */
  readonly events?: Readonly<Partial<Record<EventStreamName, readonly string[]>>>;
  /** The events of one index may come in any order (convergence). */
  readonly unordered?: boolean;
  /** `lrp 0,1`, `task`; absent: none. */
  readonly auctions?: readonly string[];
  /** `stop i1`, `cancel`, `stop i1 ×5`; absent: none. */
  readonly rep?: readonly string[];
}

export type EventStreamName = 'instance' | 'group' | 'task' | 'stream';

/** A row that no request can bring about. */
export interface UnreachableRow {
  readonly id: string;
  readonly generation: Generation | 'both';
  readonly reason: string;
}

const folder = new URL('.', import.meta.url);
const readJson = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as unknown;

const NOT_TABLES: readonly string[] = ['scenes.json', 'unreachable.json'];

const scenes = readJson('scenes.json') as Readonly<Record<string, readonly string[]>>;
export const unreachableRows = readJson('unreachable.json') as readonly UnreachableRow[];

export const tableNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && !NOT_TABLES.includes(name))
  .sort();

export const loadTable = (name: string): readonly TransitionRow[] =>
  readJson(name) as readonly TransitionRow[];

export const generationsOf = ({ generation }: TransitionRow): readonly Generation[] =>
  generation === 'both' ? GENERATIONS : [generation];

/** What this BBS is to do. */
export const expectationOf = ({ expect, ours }: TransitionRow): Expectation =>
  ours === undefined ? expect : ours.expect;

/** The commands of `given` with those of the scenes in it. */
export function commandsOf(given: readonly string[]): readonly string[] {
  return given.flatMap((command) => {
    if (!command.startsWith('@')) return [command];
    const scene = scenes[command.slice(1)];
    if (scene === undefined) throw new Error(`no scene is called ${command}`);
    return commandsOf(scene);
  });
}
