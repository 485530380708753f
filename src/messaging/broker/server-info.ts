import type { Random } from '../../ports/random.ts';
import type { ResolvedOptions } from './options.ts';

/** The nats-server that the broker was compared with; clients derive features from it. */
export const COMPATIBLE_VERSION = '2.9.10';

const SERVER_ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SERVER_ID_LENGTH = 56;

/** Looks like the public key that nats-server uses for its id. */
export function newServerId(random: Random): string {
  let id = 'N';
  while (id.length < SERVER_ID_LENGTH) {
    id += SERVER_ID_LETTERS.charAt(random.below(SERVER_ID_LETTERS.length));
  }
  return id;
}

export interface ServerIdentity {
  readonly serverId: string;
  readonly serverName: string;
  readonly isAuthRequired: boolean;
  readonly port: number;
}

/** The INFO line (cfv1.md §10.2), with the blank before CR LF that nats-server writes. */
export function infoLine(
  options: ResolvedOptions,
  identity: ServerIdentity,
  client: { readonly id: number; readonly remoteAddress: string },
): string {
  const info = {
    server_id: identity.serverId,
    server_name: identity.serverName,
    version: COMPATIBLE_VERSION,
    proto: 1,
    host: options.host,
    port: identity.port,
    headers: true,
    ...(identity.isAuthRequired ? { auth_required: true } : {}),
    ...(options.tls === undefined ? {} : { tls_required: true }),
    ...(options.tls?.verify === true ? { tls_verify: true } : {}),
    max_payload: options.maxPayloadBytes,
    client_id: client.id,
    client_ip: client.remoteAddress,
  };
  return `INFO ${Buffer.from(JSON.stringify(info)).toString('latin1')} \r\n`;
}
