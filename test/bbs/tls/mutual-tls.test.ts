/** `require_ssl`: only clients with a certificate of the authority are heard (diego.md §1.1). */
import { request } from 'node:https';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createBbsClient } from '../../../src/clients/bbs-client.ts';
import type { TlsOptions } from '../../../src/clients/tls-options.ts';
import { Nothing, PingResponse } from '../../../src/model/bbs/messages/common.ts';
import { authorityCertificate, leafCertificate } from '../../golden/certificates.ts';
import { type OpenedBbs, startBbsUnderTest } from '../support/bbs-under-test.ts';

const pem = (text: string): Buffer => Buffer.from(text);

function tlsOf(authority: string, name: string): TlsOptions {
  const { certificatePem, keyPem } = leafCertificate({
    ca: authority,
    san: ['localhost'],
    cn: name,
  });
  return {
    ca: pem(authorityCertificate('bbs-authority').certificatePem),
    cert: pem(certificatePem),
    key: pem(keyPem),
  };
}

let bbs: OpenedBbs;
let url: string;
beforeEach(async () => {
  bbs = await startBbsUnderTest({
    store: 'memory',
    generation: 'today',
    auctioneerAddress: '',
    options: { tls: tlsOf('bbs-authority', 'bbs') },
  });
  url = bbs.baseUrl.replace('http://127.0.0.1', 'https://localhost');
});
afterEach(() => bbs.stop());

/** `ok`, or what went wrong. */
async function ping(to: string, tls: TlsOptions | undefined): Promise<string> {
  const client = createBbsClient({ clock: createRealClock(), url: to, tls, timeoutMs: 3000 });
  const answer = await client.invoke('/v1/ping', Nothing, PingResponse, {});
  client.close();
  if (!answer.ok) return answer.message;
  return answer.value.available ? 'ok' : 'not available';
}

it('answers a client of the same authority', async () => {
  expect(await ping(url, tlsOf('bbs-authority', 'rep'))).toBe('ok');
});

it('refuses a client of another authority, and goes on', async () => {
  expect(await ping(url, tlsOf('somebody-else', 'rep'))).not.toBe('ok');
  expect(await ping(url, tlsOf('bbs-authority', 'rep'))).toBe('ok');
});

it('refuses a client without a certificate', async () => {
  const { ca } = tlsOf('bbs-authority', 'rep');
  const outcome = await new Promise<string>((resolve) => {
    const sent = request(`${url}/v1/ping`, { method: 'POST', ca }, ({ statusCode }) =>
      resolve(`status ${statusCode}`),
    );
    sent.on('error', (error) => resolve(error.message));
    sent.end();
  });
  expect(outcome).not.toMatch(/^status/);
});

it('refuses plain HTTP', async () => {
  expect(await ping(bbs.baseUrl, undefined)).not.toBe('ok');
  const text = await new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(got));
    socket.write('POST /v1/ping HTTP/1.1\r\nHost: bbs\r\nContent-Length: 0\r\n\r\n');
  });
  expect(text).not.toContain('200 OK');
});
