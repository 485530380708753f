import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { authorityCertificate, leafCertificate } from './certificates.ts';
import type { CertificateRequest } from './recorded-case.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** What a client that trusts one authority thinks of a server with this certificate. */
async function verdictOf(request: CertificateRequest, trusted: string): Promise<string> {
  const { certificatePem, keyPem } = leafCertificate(request);
  const server = createServer({ cert: certificatePem, key: keyPem });
  cleanUps.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const ca = authorityCertificate(trusted).certificatePem;
  const client: TLSSocket = connect({ host: '127.0.0.1', port, ca, servername: 'app.test' });
  cleanUps.push(() => client.destroy());
  return await new Promise((resolve) => {
    client.once('secureConnect', () => resolve('trusted'));
    client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

test.each([
  ['the right name', { san: ['app.test'] }, 'trusted', 'trusted'],
  ['another name', { san: ['b.test'] }, 'trusted', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['another authority', { san: ['app.test'] }, 'stranger', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['an old certificate', { san: ['app.test'], expired: true }, 'trusted', 'CERT_HAS_EXPIRED'],
] as const)('TLS with %s', async (_what, request, trusted, verdict) => {
  expect(await verdictOf(request, trusted)).toBe(verdict);
});

test('a leaf carries what was asked for and is signed by its authority', () => {
  const request = { ca: 'clients', san: ['client.test', 'two.test'], cn: 'client' };
  const leaf = new X509Certificate(leafCertificate(request).certificatePem);
  const authority = new X509Certificate(authorityCertificate('clients').certificatePem);
  expect(leaf.subject).toBe('CN=client');
  expect(leaf.subjectAltName).toBe('DNS:client.test, DNS:two.test');
  expect(leaf.checkIssued(authority)).toBe(true);
  expect(leaf.verify(authority.publicKey)).toBe(true);
  expect(leafCertificate(request).derBase64).toBe(leaf.raw.toString('base64'));
});

test('without names there is a common name only', () => {
  const leaf = new X509Certificate(leafCertificate({ cn: 'inst-a' }).certificatePem);
  expect(leaf.subject).toBe('CN=inst-a');
  expect(leaf.subjectAltName).toBeUndefined();
});
