/** Following a BBS: what comes before the list, after its end, and while nobody looks. */
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import type { BbsClient, BbsEventListener } from '../../src/clients/bbs-client.ts';
import { INSPECTOR_LIMITS } from '../../src/inspector/options.ts';
import { BbsWatch } from '../../src/inspector/watch-bbs.ts';
import type { StreamedEvent } from '../../src/model/bbs/event-types.ts';
import { ActualLRP, ActualLRPsResponse } from '../../src/model/bbs/messages/actual-lrp.ts';
import { CellPresence, CellsResponse } from '../../src/model/bbs/messages/cells.ts';
import { DesiredLRPSchedulingInfosResponse } from '../../src/model/bbs/messages/desired-lrp.ts';
import { ActualLRPInstanceCreatedEvent } from '../../src/model/bbs/messages/events.ts';
import { encode } from '../../src/model/protobuf/encode.ts';

const rowOf = (index: number, state = 'RUNNING'): ActualLRP =>
  ActualLRP.create({ actual_lrp_key: { process_guid: 'web', index, domain: 'd' }, state });

const createdEvent = (index: number, state = 'RUNNING'): StreamedEvent => ({
  name: 'actual_lrp_instance_created',
  message: ActualLRPInstanceCreatedEvent.create({ actual_lrp: rowOf(index, state) }),
});

/** A BBS that answers when it is told to. */
function startScene() {
  const clock = createVirtualClock();
  const subscriptions: { listener: BbsEventListener; isCancelled: boolean }[] = [];
  const asked: { path: string; answer: (bytes: Uint8Array | undefined) => void }[] = [];
  const bbs = {
    fetchBytes: (path: string) =>
      new Promise((resolve) =>
        asked.push({
          path,
          answer: (bytes) =>
            resolve(
              bytes === undefined
                ? { ok: false, status: 0, message: 'nobody there' }
                : { ok: true, value: Buffer.from(bytes) },
            ),
        }),
      ),
    subscribe(_path: string, _cell: string, listener: BbsEventListener) {
      const own = { listener, isCancelled: false };
      subscriptions.push(own);
      return () => {
        own.isCancelled = true;
      };
    },
    close: () => {},
  } as unknown as BbsClient;
  const http = {
    call: (_method: string, url: string) =>
      Promise.resolve(
        url.includes('good')
          ? {
              ok: true,
              status: 200,
              body: Buffer.from(
                '{"Evacuating":true,"LRPs":[1],"Tasks":null,"AvailableResources":' +
                  '{"MemoryMB":1,"DiskMB":2,"Containers":3},"TotalResources":{"MemoryMB":4}}',
              ),
            }
          : { ok: true, status: 200, body: Buffer.from('<html>') },
      ),
    close: () => {},
  };
  const watch = new BbsWatch({ bbs, http: http as never, clock });
  const answerLists = async (rows: readonly ActualLRP[]): Promise<void> => {
    for (const { path, answer } of asked.splice(0)) {
      const response = path.includes('actual')
        ? encode(ActualLRPsResponse, ActualLRPsResponse.create({ actual_lrps: [...rows] }))
        : encode(DesiredLRPSchedulingInfosResponse, DesiredLRPSchedulingInfosResponse.create({}));
      answer(response);
    }
    await settle();
  };
  return { clock, watch, subscriptions, asked, answerLists };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

it('plays what came before the list on the list, and loses nothing', async () => {
  const { watch, subscriptions, answerLists } = startScene();
  let changes = 0;
  watch.follow(() => {
    changes += 1;
  });
  const [first] = subscriptions;
  first?.listener.onOpen();
  first?.listener.onEvent(createdEvent(1));
  expect(watch.known().instances).toEqual([]);
  await answerLists([rowOf(0)]);
  expect(watch.known().instances.map(({ index }) => index)).toEqual([0, 1]);
  expect(changes).toBe(1);
  first?.listener.onEvent(createdEvent(2));
  expect(changes).toBe(2);
  expect(watch.takeChanged()).toHaveLength(3);
});

it('subscribes again after an end, tells why, and stops when nobody looks', async () => {
  const { clock, watch, subscriptions, answerLists } = startScene();
  watch.follow(() => {});
  subscriptions[0]?.listener.onOpen();
  await answerLists([]);
  watch.takeNews();
  expect(watch.takeNews()).toBe(false);
  subscriptions[0]?.listener.onEnd('the BBS went away');
  expect(watch.known().problem).toBe('the BBS went away');
  expect(watch.takeNews()).toBe(true);
  expect(watch.takeNews()).toBe(false);
  await clock.advance(INSPECTOR_LIMITS.resubscribeMs);
  expect(subscriptions).toHaveLength(2);
  subscriptions[1]?.listener.onOpen();
  await answerLists([rowOf(5)]);
  expect(watch.known()).toMatchObject({ problem: '', instances: [{ index: 5 }] });
  subscriptions[1]?.listener.onEnd('again');
  watch.unfollow();
  await clock.advance(INSPECTOR_LIMITS.resubscribeMs * 10);
  expect(subscriptions).toHaveLength(2);
});

it('starts anew when events come faster than the list', async () => {
  const { clock, watch, subscriptions } = startScene();
  watch.follow(() => {});
  subscriptions[0]?.listener.onOpen();
  for (let at = 0; at <= INSPECTOR_LIMITS.earlyEvents; at += 1) {
    subscriptions[0]?.listener.onEvent(createdEvent(1));
  }
  expect(subscriptions[0]?.isCancelled).toBe(true);
  await clock.advance(INSPECTOR_LIMITS.resubscribeMs);
  expect(subscriptions).toHaveLength(2);
});

it('asks only when asked while nobody follows', async () => {
  const { watch, subscriptions, asked, answerLists } = startScene();
  expect([subscriptions.length, asked.length]).toEqual([0, 0]);
  const lrps = watch.lrps();
  await answerLists([rowOf(3)]);
  expect((await lrps).instances.map(({ index }) => index)).toEqual([3]);
  const failing = watch.lrps();
  for (const { answer } of asked.splice(0)) answer(undefined);
  expect(await failing).toMatchObject({ problem: 'nobody there', instances: [{ index: 3 }] });
  expect(subscriptions).toHaveLength(0);
});

it('shows cells, also those that do not answer', async () => {
  const { watch, asked } = startScene();
  const cells = watch.cells();
  const presences = ['good', 'bad'].map((cell_id) =>
    CellPresence.create({ cell_id, rep_url: `http://${cell_id}:1800/` }),
  );
  asked[0]?.answer(encode(CellsResponse, CellsResponse.create({ cells: presences })));
  expect(await cells).toMatchObject([
    { cellId: 'good', isEvacuating: true, lrps: 1, tasks: 0, free: { diskMb: 2 } },
    { cellId: 'bad', isSilent: true, free: undefined },
  ]);
});
