import type { Failure } from './classify-failure.ts';
import type { HeaderList } from './header-list.ts';

const BROKEN = 'net/http: HTTP/1.x transport connection broken: ';

export interface ResponseHead {
  readonly status: number;
  readonly version: string;
  readonly headers: HeaderList;
}

const broken = (text: string): Failure => ({
  kind: 'bad-response',
  text: BROKEN + text,
  wasSent: true,
});

/**
 * Refuses what an endpoint must not answer, beyond what the parser refuses. The client then gets
 * a 502 and the connection is not used again (reliability.md §3, hostile responses).
 */
export function checkResponse(head: ResponseHead, maxHeaders: number): Failure | undefined {
  const { status, version, headers } = head;
  // RFC 9112 §2.3: another major version speaks another language behind this line.
  if (version !== '1.1' && version !== '1.0') return broken(`malformed HTTP version ${version}`);
  // RFC 9110 §15.2.2: nobody asked for another protocol.
  if (status === 101) return { kind: 'unasked-upgrade', text: '', wasSent: true };
  // RFC 9112 §6.1: a coding that we do not know hides where the body ends.
  const encodings = headers.all('transfer-encoding');
  const isUnknown = encodings.length === 1 && encodings[0]?.toLowerCase() !== 'chunked';
  // RFC 9112 §6.1: HTTP/1.0 has no codings of transfer, whoever says so is not to be believed.
  if (encodings.length > 1 || isUnknown || (encodings.length === 1 && version === '1.0')) {
    return broken(`unsupported transfer encoding: ${JSON.stringify(encodings.join(', '))}`);
  }
  if (maxHeaders > 0 && headers.length > maxHeaders) return broken('too many response headers');
  return undefined;
}
