/** Values to choose from, field by field: all combinations for tables, any for random walks. */
import fc from 'fast-check';

export type Fields<T> = { readonly [K in Exclude<keyof T, 'type'>]-?: readonly T[K][] };

/** For each type of command what its fields may be. */
export type Choices<E extends { readonly type: string }> = {
  readonly [T in E['type']]: Fields<Extract<E, { readonly type: T }>>;
};

type Lists = Readonly<Record<string, readonly unknown[]>>;

function combine(lists: Lists): Record<string, unknown>[] {
  let found: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(lists)) {
    found = found.flatMap((made) => values.map((value) => ({ ...made, [name]: value })));
  }
  return found;
}

/** Every combination of the values. */
export const everyOne = <T>(fields: Fields<T>): T[] => combine(fields as unknown as Lists) as T[];

/** Every combination, for each type of command. */
export const everyCommand = <E extends { readonly type: string }>(choices: Choices<E>): E[] =>
  Object.entries(choices).flatMap(([type, fields]) =>
    combine({ type: [type], ...(fields as unknown as Lists) }),
  ) as unknown as E[];

/** Any command; each type is as likely as any other. */
export const anyCommand = <E extends { readonly type: string }>(
  choices: Choices<E>,
): fc.Arbitrary<E> =>
  fc.oneof(
    ...Object.entries(choices).map(([type, fields]) => {
      const lists = Object.entries({ type: [type], ...(fields as unknown as Lists) });
      return fc.record(
        Object.fromEntries(lists.map(([name, values]) => [name, fc.constantFrom(...values)])),
      );
    }),
  ) as unknown as fc.Arbitrary<E>;

/** Frozen to the bottom, so that a rule that writes into what it was given throws. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const own of Object.values(value)) frozen(own);
  return Object.freeze(value);
}
