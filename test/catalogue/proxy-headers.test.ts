import { describe, expect, test } from 'vitest';
import { answer, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { sharedRouter } from './harness.ts';

const OK = answer('ok');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe.concurrent('headers with the defaults', () => {
  const router = sharedRouter();

  test('PRX-6 X-Forwarded-For names the client', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host);
    await router.get(host, '/', ['X-Forwarded-For: 1.2.3.4, 5.6.7.8']);
    expect(app.requests.map((request) => headersOf(request, 'x-forwarded-for'))).toEqual([
      ['127.0.0.1'],
      ['1.2.3.4, 5.6.7.8, 127.0.0.1'],
    ]);
  });

  test('PRX-10 X-Vcap-Request-Id is a UUID of the router', async () => {
    const { host, app } = await router.route(OK);
    const forged = 'X-Vcap-Request-Id: 11111111-1111-4111-8111-111111111111';
    const response = await router.get(host, '/', [forged]);
    const id = headerOf(app.lastRequest, 'x-vcap-request-id');
    expect(id).toMatch(UUID);
    expect(id).not.toBe('11111111-1111-4111-8111-111111111111');
    expect(headerOf(response, 'x-vcap-request-id')).toBe(id);
    expect((await router.accessLine(host)).raw).toContain(`vcap_request_id:"${id}"`);
    void requestText;
  });
});
