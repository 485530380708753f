/** Takes TLS off the connections of clients; what is behind it is HTTP/1.1 as on the plain port. */
import {
  createSecureContext,
  createServer,
  rootCertificates,
  type SecureContext,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { FrontendTlsOptions, ServedCertificate } from '../../tls/options.ts';

export const TLS_LIMITS = {
  /** For a client to agree on keys. */
  handshakeTimeoutMs: 10_000,
} as const;

/** The certificate for a name: its own, then that of its domain, else the first (§5.4). */
export function certificateFor(name: string, certificates: readonly ServedCertificate[]): number {
  const wanted = name.toLowerCase();
  const exact = certificates.findIndex(({ names }) => names.includes(wanted));
  if (exact !== -1) return exact;
  const dot = wanted.indexOf('.');
  const wildcard = dot === -1 ? '' : `*${wanted.slice(dot)}`;
  return Math.max(
    0,
    certificates.findIndex(({ names }) => names.includes(wildcard)),
  );
}

export interface SecureClient {
  readonly socket: TLSSocket;
  /** DER in base64; empty: none was given. */
  readonly certificate: string;
}

function contextOf(options: FrontendTlsOptions, { cert, key }: ServedCertificate): SecureContext {
  const { ciphers, minVersion, maxVersion, clientAuthorities } = options;
  const ca = [
    ...clientAuthorities,
    ...(options.areSystemAuthoritiesTrusted ? rootCertificates : []),
  ];
  return createSecureContext({
    cert,
    key,
    ciphers,
    minVersion,
    maxVersion,
    ...(options.clientCertificates === 'none' ? {} : { ca }),
  });
}

export function createTlsListener(
  options: FrontendTlsOptions,
  onClient: (client: SecureClient) => void,
): Server {
  const { certificates, clientCertificates, minVersion, maxVersion, ciphers } = options;
  const contexts = certificates.map((own) => contextOf(options, own));
  const [first] = certificates;
  const server = createServer({
    noDelay: true,
    allowHalfOpen: true,
    handshakeTimeout: TLS_LIMITS.handshakeTimeoutMs,
    ALPNProtocols: ['http/1.1'],
    minVersion,
    maxVersion,
    ciphers,
    ...(first === undefined ? {} : { cert: first.cert, key: first.key }),
    ...(clientCertificates === 'none'
      ? {}
      : {
          ca: [
            ...options.clientAuthorities,
            ...(options.areSystemAuthoritiesTrusted ? rootCertificates : []),
          ],
        }),
    requestCert: clientCertificates !== 'none',
    rejectUnauthorized: clientCertificates === 'require',
    SNICallback: (name, done) => done(null, contexts[certificateFor(name, certificates)]),
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    const given = clientCertificates === 'none' ? undefined : socket.getPeerX509Certificate();
    // With `request` a certificate may be absent, but not wrong.
    if (given !== undefined && !socket.authorized) {
      socket.destroy();
      return;
    }
    onClient({ socket, certificate: given?.raw.toString('base64') ?? '' });
  });
  return server;
}
