/** The message in which a router says how often it wants to be told (diego.md §11.2). */
import { Buffer } from 'node:buffer';
import { ROUTE_EMITTER_LIMITS } from './options.ts';

const MS_PER_SECOND = 1000;

/** Milliseconds; undefined: not such a message, or an interval that makes no sense. */
export function readRegisterInterval(data: Uint8Array): number | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const seconds = (parsed as Readonly<Record<string, unknown>>)['minimumRegisterIntervalInSeconds'];
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds <= 0) return undefined;
  const ms = seconds * MS_PER_SECOND;
  return ms <= ROUTE_EMITTER_LIMITS.registerIntervalMs ? ms : undefined;
}
