import { type Failure, failure } from './results.ts';

/** Words of etcd's messages (etcdserver/api/v3rpc/rpctypes/error.go) and what they mean here. */
const MEANINGS: readonly [words: string, code: Failure['error']['code']][] = [
  ['required revision has been compacted', 'compacted'],
  ['required revision is a future revision', 'invalid'],
  ['lease not found', 'lease-not-found'],
  ['request is too large', 'too-large'],
  ['too many operations', 'too-large'],
  ['database space exceeded', 'read-only'],
  ['duplicate key given', 'invalid'],
  ['too many requests', 'unavailable'],
  // The request never left: no connection, or the client had given the host up before.
  ['No connection established', 'unavailable'],
  ['circuit breaker is open', 'unavailable'],
  ['client was already closed', 'unavailable'],
  // Refused before anything was done.
  ['permission denied', 'unavailable'],
  ['authentication failed', 'unavailable'],
  ['invalid auth token', 'unavailable'],
];

/** A write that failed for any other reason may have been done all the same. */
export function toFailure(error: unknown, kind: 'read' | 'write'): Failure {
  const { message } = error as Error;
  const known = MEANINGS.find(([words]) => message.includes(words));
  const otherwise = kind === 'write' ? 'unknown-outcome' : 'unavailable';
  return failure(known?.[1] ?? otherwise, message);
}
