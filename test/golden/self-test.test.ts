import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lane } from './lane.ts';
import { loadCases } from './load-cases.ts';
import { type BusServer, createBusServer } from './message-bus.ts';
import type { Outcome, RecordedCase, ResponseSeen } from './recorded-case.ts';
import { canBePlayed, RecordingRouter } from './recording-router.ts';
import { type CaseResult, replayCase } from './replay-case.ts';

/**
 * The replay is tried on a router that plays the recorded part itself: sockets, backends, bus
 * and comparison all take part. What it plays must be equal; what it alters must be noticed.
 */
const everyTwelfth = loadCases()
  .filter(canBePlayed)
  .filter((_, position) => position % 12 === 0);

describe('a router that plays the recording', () => {
  let bus: BusServer;

  beforeAll(async () => {
    bus = await createBusServer();
    await bus.start();
  });
  afterAll(async () => await bus.stop());

  async function replayed(recorded: RecordedCase, played: RecordedCase): Promise<CaseResult> {
    const lane = new Lane(bus, new RecordingRouter(played));
    await lane.busClient.open();
    const result = await replayCase({ ...recorded, fresh: true }, lane);
    await lane.retireRouter();
    await lane.busClient.close();
    return result;
  }

  test.each(everyTwelfth.map((recorded) => [recorded.id, recorded] as const))(
    '%s is equal',
    async (_id, recorded) => {
      const { differences } = await replayed(recorded, recorded);
      expect(differences).toEqual([]);
    },
  );

  const sample = loadCases().find((recorded) => recorded.id === 'accesslog-001');
  const expected = sample?.expected ?? {};
  const response = expected.response as ResponseSeen;
  const alterations: readonly (readonly [what: string, played: Outcome, fields: string[]])[] = [
    [
      'a header is lost',
      { ...expected, response: { ...response, headers: [['Content-Length', '2']] } },
      ['response.headers.x-vcap-request-id', 'response.headers.date'],
    ],
    [
      'the body is another',
      { ...expected, response: { ...response, body: 'xy' } },
      ['response.body'],
    ],
    ['the connection is closed', { ...expected, connection: 'closed' }, ['connection']],
    ['the backend is not called', { ...expected, backendSaw: null }, ['backendSaw']],
    ['nothing is logged', { ...expected, accessLog: null }, ['accessLog']],
  ];

  test.each(alterations)('it is noticed when %s', async (_what, played, fields) => {
    if (sample === undefined) throw new Error('accesslog-001 is missing');
    const { differences } = await replayed(sample, { ...sample, expected: played });
    expect(differences.map((difference) => difference.field)).toEqual(fields);
  });
});
