import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function textOf(error: SchemaError, value: unknown): string | undefined {
  const shown = JSON.stringify(value);
  if (error.keyword === 'enum') {
    const { allowedValues } = error.params as { allowedValues?: string[] };
    return `${shown} is not one of ${(allowedValues ?? []).join(', ')}`;
  }
  if (error.keyword === 'anyOf') return `${shown} is not a duration; write 30s, 100ms or 1h2m`;
  if (error.keyword === 'additionalProperties') {
    const names = (error.params as { additionalProperties?: string[] }).additionalProperties ?? [];
    return `unknown key ${names.join(', ')}`;
  }
  if (error.keyword === 'boolean') return undefined;
  return `${shown} ${error.message}`;
}

function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const part of path.split('/').slice(1)) {
    value = (value as Record<string, unknown> | undefined)?.[part];
  }
  return value;
}

/** Everything that is wrong, one line each, with the key as it stands in the file. */
export function schemaProblems(schema: TSchema, config: unknown): string[] {
  const errors = [...Value.Errors(schema, config)] as unknown as SchemaError[];
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  const problems: string[] = [];
  for (const error of errors) {
    const isInUnion =
      error.keyword !== 'anyOf' &&
      unions.some((union) => union.instancePath === error.instancePath);
    if (isInUnion) continue;
    const text = textOf(error, valueAt(config, error.instancePath));
    if (text === undefined) continue;
    const key = error.instancePath.slice(1).replaceAll('/', '.');
    problems.push(key === '' ? text : `${key}: ${text}`);
  }
  return problems;
}
