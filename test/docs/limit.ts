export interface Limit {
  readonly what: string;
  readonly value: number | string;
  readonly unit: string;
  readonly then: string;
}

export const limit = (what: string, value: number | string, unit: string, then: string): Limit => ({
  what,
  value,
  unit,
  then,
});
