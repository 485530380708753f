import type { HeaderOptions } from '../options.ts';
import type { HeaderList } from './header-list.ts';
import { stripResponseHopHeaders } from './strip-hop-headers.ts';

/** Removes and adds what the operator configured; last of all edits, on every answer (row 12). */
export function rewriteResponse(headers: HeaderList, options: HeaderOptions): void {
  headers.remove('x-cf-proxy-signature');
  for (const name of options.removeFromResponses) headers.remove(name.toLowerCase());
  if (options.addToResponses.length === 0) return;
  const absent = options.addToResponses.filter((rule) => !headers.has(rule.name.toLowerCase()));
  for (const rule of absent) headers.append(rule.name, rule.value);
}

export interface ResponseTraits {
  readonly requestId: string;
  /** Value of Set-Cookie that pins the client to its instance; empty: none. */
  readonly stickyCookie: string;
  /** Set when the client may see how it was routed. */
  readonly trace: { readonly router: string; readonly endpoint: string } | undefined;
}

/** The endpoint's headers as the client gets them (gorouter.md §5.3). */
export function editResponse(
  headers: HeaderList,
  traits: ResponseTraits,
  options: HeaderOptions,
): void {
  stripResponseHopHeaders(headers);
  if (!headers.has('x-vcap-request-id')) headers.append('X-Vcap-Request-Id', traits.requestId);
  if (traits.stickyCookie !== '') headers.append('Set-Cookie', traits.stickyCookie);
  if (traits.trace !== undefined) {
    headers.set('X-Vcap-Router', traits.trace.router);
    headers.set('X-Vcap-Backend', traits.trace.endpoint);
    headers.set('X-Cf-RouteEndpoint', traits.trace.endpoint);
  }
  rewriteResponse(headers, options);
}
