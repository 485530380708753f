/**
 * Rows as columns: a copy between threads writes the name of each property once per batch instead
 * of once per row, which makes it a third of the size and of the work.
 */
export type Columns<Row> = { readonly [Name in keyof Row]: readonly Row[Name][] };

type Loose = Record<string, unknown[]>;

/** Names of all properties, in one order; the compiler sees that none is missing. */
export const namesOf = <Row>(names: { readonly [Name in keyof Row]-?: true }) =>
  Object.keys(names) as (keyof Row & string)[];

export function toColumns<Row>(
  rows: readonly Row[],
  names: readonly (keyof Row & string)[],
): Columns<Row> {
  const columns: Loose = {};
  for (const name of names) columns[name] = rows.map((row) => row[name]);
  return columns as unknown as Columns<Row>;
}

export function toRows<Row>(columns: Columns<Row>, names: readonly (keyof Row & string)[]): Row[] {
  const loose = columns as unknown as Loose;
  const [first] = names;
  const rows: Record<string, unknown>[] = Array.from(
    { length: first === undefined ? 0 : (loose[first]?.length ?? 0) },
    () => ({}),
  );
  for (const name of names) {
    const column = loose[name] ?? [];
    rows.forEach((row, at) => {
      row[name] = column[at];
    });
  }
  return rows as unknown as Row[];
}
