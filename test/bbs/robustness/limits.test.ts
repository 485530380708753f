import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { ROUTES } from '../../../src/bbs/http/routes.ts';
import { runOperation } from '../../../src/bbs/http/run-operation.ts';
import { BBS_LIMITS } from '../../../src/bbs/options.ts';
import {
  ActualLRPLifecycleResponse,
  FailActualLRPRequest,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import type { Store } from '../../../src/ports/store.ts';
import { until } from '../../store/contract/kit.ts';
import { BbsUser, cleanUpLater, openScene, subscribe } from '../operations/operations-kit.ts';
import { outcomeOf } from '../operations/typed-client.ts';
import { recordedBodies } from './hostile-bodies.ts';
import { recordsOf } from './records.ts';

it('answers a body that is too large, and serves the next request', async () => {
  const { user } = await openScene();
  const body = Buffer.alloc(BBS_LIMITS.bodyBytes + 1);
  const answer = await user.send('POST', '/v1/actual_lrps/fail', body);
  expect(outcomeOf(decode(ActualLRPLifecycleResponse, answer.body))).toBe('InvalidRequest');
  expect(await user.desire('pg', { instances: 1 })).toBe('ok');
});

/** Subscribes and then never reads. */
async function subscribeWithoutReading(baseUrl: string): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  cleanUpLater(() => socket.destroy());
  socket.pause();
  socket.write(
    'POST /v1/events/lrp_instances.r1 HTTP/1.1\r\nHost: bbs\r\nContent-Length: 0\r\n\r\n',
  );
  return socket;
}

const idsOf = (text: string): number[] =>
  [...text.matchAll(/(?:^|\n)id: (\d+)\n/g)].map(([, id]) => Number(id));

it('cuts a subscriber that never reads, and nobody else', async () => {
  const scene = await openScene();
  const { bbs, user } = scene;
  await user.desire('pg', { instances: 1 });
  const stream = await subscribe(scene, 'lrp_instances');
  const slow = await subscribeWithoutReading(bbs.baseUrl);
  const { hub } = bbs.state;
  await until('both subscribed', () => hub.subscribers === 2);
  const route = ROUTES.get('/v1/actual_lrps/fail');
  const error_message = 'x'.repeat(16_384);
  const actual_lrp_key = { process_guid: 'pg', index: 0, domain: 'dom' };
  const body = encode(
    FailActualLRPRequest,
    FailActualLRPRequest.create({ actual_lrp_key, error_message }),
  );
  let sent = 0;
  while (hub.subscribers === 2 && sent < 8_000 && route !== undefined) {
    await runOperation(bbs.state, route, body, 'protobuf', '');
    sent += 1;
    if (sent % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(hub.subscribers).toBe(1);
  // What the sockets hold, then 1024 that wait, then the end.
  expect(sent).toBeGreaterThan(BBS_LIMITS.pendingEvents);
  await until('all for the other', () => stream.waiting === sent);
  expect(stream.ended()).toBe(false);
  let text = '';
  let isEnded = false;
  slow.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (text.endsWith('0\r\n\r\n')) isEnded = true;
  });
  slow.resume();
  await until('the end', () => isEnded);
  const ids = idsOf(text.replace(/\r\n[0-9a-f]+\r\n/g, '\n'));
  expect(ids).toEqual(ids.map((_id, at) => at));
  expect(ids.length).toBeLessThan(sent);
}, 60_000);

it('changes nothing while the store refuses writes, and says so', async () => {
  let isReadOnly = false;
  const wrapStore = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name);
        if (name === 'txn' && isReadOnly) {
          const error = { code: 'read-only', message: 'the disk is full' };
          return async () => ({ ok: false, error });
        }
        return typeof own === 'function' ? own.bind(target) : own;
      },
    });
  const scene = await openScene({ wrapStore });
  const { bbs, user } = scene;
  expect(await user.desire('pg', { instances: 3 })).toBe('ok');
  const before = recordsOf(bbs.state);
  const stream = await subscribe(scene, 'lrp_instances');
  isReadOnly = true;
  expect(await user.desire('other')).toBe('UnknownError');
  expect(await user.fail('pg', 'no room')).toBe('UnknownError');
  for (const [path, bodies] of recordedBodies()) {
    if (path.startsWith('/v1/events')) continue;
    for (const body of bodies) {
      const { status } = await user.send('POST', path, body);
      expect([200, 404, 405, 500]).toContain(status);
    }
  }
  expect(recordsOf(bbs.state)).toEqual(before);
  expect(await user.rows('pg')).toHaveLength(3);
  expect(stream.waiting).toBe(0);
  isReadOnly = false;
  expect(await new BbsUser(bbs.baseUrl).fail('pg', 'no room')).toBe('ok');
});
