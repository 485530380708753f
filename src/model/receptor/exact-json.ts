/**
 * JSON that keeps every number as it was written: routes are the text of others, and times in
 * nanoseconds do not fit into a double (diego.md §12.2).
 */

/** A number in its own digits, as JSON.parse gives it when a double would change it. */
export interface RawNumber {
  readonly rawJSON: string;
}

/** ECMAScript's JSON.parse with source text, which the type library does not know yet. */
interface SourceJson {
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}

const json = JSON as unknown as SourceJson;

/** Deeper than any action that fits into a message; both directions recurse. */
export const MAX_JSON_DEPTH = 200;

export const isRawNumber = (value: unknown): value is RawNumber => json.isRawJSON(value);

/** An integer of any size, for JSON.stringify. */
export const exactInteger = (value: bigint): RawNumber => json.rawJSON(value.toString());

function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

export type ParsedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

export function parseExactJson(text: string): ParsedJson {
  if (isTooDeep(text)) return { ok: false, message: 'the JSON is nested too deeply' };
  try {
    const value = json.parse(text, (_key, own, { source }) =>
      typeof own === 'number' && source !== undefined && String(own) !== source
        ? json.rawJSON(source)
        : own,
    );
    return { ok: true, value };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}
