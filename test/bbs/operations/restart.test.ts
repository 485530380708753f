import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  UpsertDomainRequest,
  UpsertDomainResponse,
} from '../../../src/model/bbs/messages/cells.ts';
import { DesireTaskRequest, TaskLifecycleResponse } from '../../../src/model/bbs/messages/tasks.ts';
import type { Store, WatchListener } from '../../../src/ports/store.ts';
import { until } from '../../store/contract/kit.ts';
import { temporaryDirectory } from '../../store/temporary-directory.ts';
import { recordsOf } from '../robustness/records.ts';
import { startBbsUnderTest } from '../support/bbs-under-test.ts';
import { BbsUser, cleanUpLater, openScene, subscribe } from './operations-kit.ts';
import { taskDefinition } from './requests.ts';

it('has everything as before after a restart on the same directory', async () => {
  const directory = temporaryDirectory();
  cleanUpLater(() => rmSync(directory, { recursive: true }));
  const options = { store: 'lmdb', generation: 'today', auctioneerAddress: '', directory } as const;
  const before = await startBbsUnderTest(options);
  const user = new BbsUser(before.baseUrl);
  await before.registerCell('cell-a', 'http://127.0.0.1:1');
  expect(await user.desire('pg', { instances: 70 })).toBe('ok');
  expect(await user.fail('pg', 'no room')).toBe('ok');
  await user.post('/v1/domains/upsert', UpsertDomainRequest, UpsertDomainResponse, {
    domain: 'dom',
    ttl: 0,
  });
  await user.post('/v1/tasks/desire.r2', DesireTaskRequest, TaskLifecycleResponse, {
    task_guid: 'task',
    domain: 'dom',
    task_definition: taskDefinition(),
  });
  const records = recordsOf(before.state);
  user.close();
  await before.stop();
  const { bbs, user: again } = await openScene(options);
  expect([...recordsOf(bbs.state)].sort()).toEqual([...records].sort());
  expect(records.length).toBeGreaterThan(70);
  expect(await again.rows('pg')).toHaveLength(70);
  expect(await again.fail('pg', 'still no room')).toBe('ok');
});

it('loads the records anew when its watch was cut off, and cuts its subscribers', async () => {
  let listener: WatchListener | undefined;
  let isCut = false;
  const wrapStore = (store: Store): Store => ({
    ...bound(store),
    watch(prefix, from, own) {
      listener = own;
      return store.watch(prefix, from, {
        onEvents: (events, at) => (isCut ? undefined : own.onEvents(events, at)),
        onEnd: (error) => own.onEnd(error),
      });
    },
  });
  const scene = await openScene({ wrapStore });
  const { bbs, user } = scene;
  await user.desire('pg', { instances: 3 });
  const stream = await subscribe(scene, 'lrp_instances');
  isCut = true;
  // Written by another node while this one heard nothing.
  const [key] = await keysOf(bbs.store, '/v1/actual/');
  const deleted = await bbs.store.txn({ success: [{ type: 'delete', key: key ?? '' }] });
  expect(deleted.ok).toBe(true);
  expect(await user.rows('pg')).toHaveLength(3);
  listener?.onEnd({ code: 'compacted', message: 'the history was cut' });
  isCut = false;
  await until('the end of the stream', () => stream.ended());
  const status = await user.send('POST', '/v1/ping', new Uint8Array());
  expect(status.status).toBe(503);
  await until('the reload', () => bbs.state.isFollowing);
  expect(await user.rows('pg')).toHaveLength(2);
  const next = await subscribe(scene, 'lrp_instances');
  expect(await user.desire('other', { instances: 1 })).toBe('ok');
  await until('events again', () => next.waiting === 2);
  expect(bbs.system.feed.since(0).filter(({ kind }) => kind === 'crash')).toEqual([]);
});

/** A store is an object with methods of a class: they are called on it, wherever they stand. */
function bound(store: Store): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
    ownKeys: () => METHODS,
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  });
}

const METHODS = [
  'get',
  'range',
  'txn',
  'compact',
  'grantLease',
  'keepLeaseAlive',
  'revokeLease',
  'leaseTimeToLive',
  'holdLease',
  'campaign',
  'observeLeader',
  'close',
];

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  const found = await store.range(prefix);
  return found.ok ? found.value.kvs.map(({ key }) => key) : [];
}
