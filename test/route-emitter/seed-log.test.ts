/** An app is scaled from one instance to two, with the log of 2015 (diego.md §11.11). */

import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { type OpenedBbs, startBbsUnderTest } from '../bbs/support/bbs-under-test.ts';
import { eventually } from '../node/support/world.ts';
import { createBbsCommands, routesOf } from './support/bbs-commands.ts';
import { type EmitterUnderTest, startEmitter } from './support/emitter-under-test.ts';

const APP = 'c181be6b-d89c-469c-b79c-4cab1e99b8de';
const GUID = `${APP}-6eac776b-f051-4cb0-9614-5a3954d1bfd6`;
const FIRST = 'fc4a83cd-5ed9-40fb-51bf-1679beb41bfe';
const SECOND = '21811b3c-a37e-4277-5878-c646a7213bf0';
const CELL = 'cell_z1-0';
const ADDRESS = '10.244.16.138';
const HOSTNAME = 'helloDocker.10.244.0.34.xip.io';
const FINGERPRINT = 'b8:d0:bf:b8:1f:06:d0:1a:d2:7c:ea:91:b5:70:43:fc';

const ssh = { container_port: 2222, host_fingerprint: FINGERPRINT };
const http = [{ hostnames: [HOSTNAME], port: 8080 }];

/** As both sides of the desired update show it; the key is not for logs. */
const shownDesired = {
  ports: [8080, 2222],
  'process-guid': GUID,
  routes: { 'cf-router': http, 'diego-ssh': { ...ssh, private_key: '' } },
};

const shownActual = (address: string, ports: unknown) => ({
  address,
  'cell-id': CELL,
  domain: 'cf-apps',
  evacuating: false,
  index: 1,
  'instance-guid': SECOND,
  ports,
  'process-guid': GUID,
});

const before = shownActual('', null);
const after = shownActual(ADDRESS, [
  { container_port: 8080, host_port: 60_002 },
  { container_port: 2222, host_port: 60_003 },
]);

const message = (port: number, instance: string) => ({
  host: ADDRESS,
  port,
  uris: [HOSTNAME],
  app: APP,
  private_instance_id: instance,
});

const session = expect.stringMatching(/^5\.[0-9]+$/);

let bbs: OpenedBbs | undefined;
let emitter: EmitterUnderTest | undefined;
afterEach(async () => {
  await emitter?.stop();
  await bbs?.stop();
});

/** Level, message and data of the lines that contain this. */
const linesOf = ({ lines }: EmitterUnderTest, text: string) =>
  lines
    .filter(({ message: own }) => own.includes(text))
    .map(({ level, message: own, data }) => [level, own, data]);

const dataOf = (lines: readonly unknown[][], name: string) =>
  lines.filter(([, own]) => own === name).map(([, , data]) => data);

const sent = { session: '3', subject: 'router.register' };
const EMIT = 'route-emitter.nats-emitter.emit';

/** The first two excerpts: the desired update, then the actual one. */
function expectUpdates(own: EmitterUnderTest): void {
  const desired = linesOf(own, '.handling-desired-update.');
  const update = 'route-emitter.watcher.handling-desired-update';
  const none = { RegistrationMessages: null, UnregistrationMessages: null };
  const both = { before: shownDesired, after: shownDesired, session };
  expect(desired).toEqual([
    ['info', `${update}.starting`, both],
    ['debug', `${update}.emitting-messages`, { ...both, messages: none }],
    ['info', `${update}.complete`, both],
  ]);

  const started = 'route-emitter.watcher.handling-actual-update';
  const actual = linesOf(own, '.handling-actual-update.').slice(3);
  const messages = {
    RegistrationMessages: [message(60_002, SECOND)],
    UnregistrationMessages: null,
  };
  expect(actual).toEqual([
    ['info', `${started}.starting`, { before, after, session }],
    ['debug', `${started}.emitting-messages`, { before, after, messages, session }],
    ['info', `${started}.complete`, { before, after, session }],
  ]);
  expect(linesOf(own, EMIT)).toEqual([
    ['debug', EMIT, { ...sent, message: message(60_002, SECOND) }],
  ]);
}

it('writes the lines of the article, in their order', async () => {
  bbs = await startBbsUnderTest({ store: 'memory', generation: 'today', auctioneerAddress: '' });
  const commands = createBbsCommands(bbs.baseUrl);
  const mapped = (port: number) =>
    [
      [8080, port],
      [2222, port + 1],
    ] as const;
  await commands.desire({
    process_guid: GUID,
    ports: [8080, 2222],
    log_guid: APP,
    routes: routesOf({ 'cf-router': http, 'diego-ssh': { ...ssh, private_key: 'PEM' } }),
  });
  const placed = { guid: GUID, cell: CELL, address: ADDRESS };
  await commands.start({ ...placed, instance: FIRST, mapped: mapped(60_000) });
  const own = await startEmitter({
    clock: createRealClock(),
    options: {
      source: { type: 'bbs', url: bbs.baseUrl, tls: undefined },
      messageStyle: 'per-endpoint',
    },
  });
  emitter = own;
  const ended = (text: string, count = 1) =>
    eventually(text, async () => linesOf(own, text).length >= count);
  await ended('.sync.complete');
  own.lines.splice(0);

  await commands.update(GUID, { instances: 2 });
  await ended('.handling-desired-update.complete');
  await commands.claim({ ...placed, index: 1, instance: SECOND });
  await commands.start({ ...placed, index: 1, instance: SECOND, mapped: mapped(60_002) });
  await ended('.handling-actual-update.complete', 2);

  expectUpdates(own);

  own.lines.splice(0);
  own.system.notify('route-emitter/broadcaster', { type: 'EMIT_REQUESTED', audience: 'router' });
  own.system.notify('route-emitter/watcher', { type: 'SYNC_REQUESTED' });
  await ended('.sync.complete');
  await setImmediate();
  const all = [message(60_000, FIRST), message(60_002, SECOND)];
  const lines = own.lines.map(({ message: name, data }) => ['', name, data]);
  expect(dataOf(lines, 'route-emitter.watcher.emit.emitting-messages')).toEqual([
    { messages: { RegistrationMessages: all, UnregistrationMessages: null }, session },
  ]);
  expect(dataOf(lines, EMIT)).toEqual(all.map((one) => ({ ...sent, message: one })));
  const sync = 'route-emitter.watcher.sync';
  expect(dataOf(lines, `${sync}.succeeded-getting-actual-lrps`)).toEqual([
    { 'num-actual-responses': 2, session },
  ]);
  expect(dataOf(lines, `${sync}.succeeded-getting-desired-lrps`)).toEqual([
    { 'num-desired-responses': 1, session },
  ]);
  expect(dataOf(lines, `${sync}.done-emitting-messages`)).toEqual([
    { 'num-registration-messages': 0, 'num-unregistration-messages': 0, session },
  ]);
  commands.close();
});
