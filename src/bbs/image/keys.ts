/** Where records stand in the store (diego.md §9, DESIGN §5). */
export const ROOT = '/v1/';
const DESIRED = '/v1/desired/';
const ACTUAL = '/v1/actual/';
const DOMAIN = '/v1/domain/';
const TASK = '/v1/task/';
/** Locks and presences of Locket. */
export const LOCKS = '/v1/locks/';
/** What a transaction tells the event streams, beside the rows it changes. */
export const NOTE = '/v1/note';

export type SlotName = 'ordinary' | 'evacuating' | 'suspect';

const SLOT_NAMES = { ordinary: 'instance', evacuating: 'evacuating', suspect: 'suspect' } as const;
const SLOTS: Readonly<Record<string, SlotName>> = {
  instance: 'ordinary',
  evacuating: 'evacuating',
  suspect: 'suspect',
};

/** A domain may hold any character; the others are checked when they are desired. */
export const desiredKey = (guid: string): string => DESIRED + encodeURIComponent(guid);
export const taskKey = (guid: string): string => TASK + encodeURIComponent(guid);
export const domainKey = (name: string): string => DOMAIN + encodeURIComponent(name);
export const actualKey = (guid: string, index: number, slot: SlotName): string =>
  `${ACTUAL}${encodeURIComponent(guid)}/${index}/${SLOT_NAMES[slot]}`;

export type RecordPlace =
  | { readonly kind: 'desired' | 'task' | 'domain' | 'lock'; readonly id: string }
  | {
      readonly kind: 'actual';
      readonly id: string;
      readonly index: number;
      readonly slot: SlotName;
    }
  | { readonly kind: 'note' }
  | { readonly kind: 'other' };

/** What a key of the store holds. */
export function placeOf(key: string): RecordPlace {
  if (key.startsWith(ACTUAL)) {
    const [guid = '', index = '', slot = ''] = key.slice(ACTUAL.length).split('/');
    const name = SLOTS[slot];
    if (name === undefined) return { kind: 'other' };
    return { kind: 'actual', id: decodeURIComponent(guid), index: Number(index), slot: name };
  }
  if (key.startsWith(DESIRED)) {
    return { kind: 'desired', id: decodeURIComponent(key.slice(DESIRED.length)) };
  }
  if (key.startsWith(TASK)) return { kind: 'task', id: decodeURIComponent(key.slice(TASK.length)) };
  if (key.startsWith(DOMAIN)) {
    return { kind: 'domain', id: decodeURIComponent(key.slice(DOMAIN.length)) };
  }
  if (key.startsWith(LOCKS)) {
    return { kind: 'lock', id: decodeURIComponent(key.slice(LOCKS.length)) };
  }
  return key === NOTE ? { kind: 'note' } : { kind: 'other' };
}
