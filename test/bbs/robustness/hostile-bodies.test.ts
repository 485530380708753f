/** Random and mutated requests to all operations. `HOSTILE_SEED` repeats a run. */
import { afterEach, expect, it } from 'vitest';
import { createSeededRandom } from '../../../src/adapters/random/seeded-random.ts';
import type { Route } from '../../../src/bbs/http/route.ts';
import { ROUTES } from '../../../src/bbs/http/routes.ts';
import { runOperation } from '../../../src/bbs/http/run-operation.ts';
import type { ErrorMessage } from '../../../src/model/bbs/messages/common.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import type { Random } from '../../../src/ports/random.ts';
import { outcomeOf, TypedClient } from '../operations/typed-client.ts';
import { type OpenedBbs, startBbsUnderTest } from '../support/bbs-under-test.ts';
import { RecordingPeers } from '../transitions/recording-peers.ts';
import { createHostileBodies, type HostileBody } from './hostile-bodies.ts';
import { recordsOf } from './records.ts';

const SEED = Number(process.env['HOSTILE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const IN_PROCESS = 80_000;
const OVER_HTTP = 20_000;
/** Records of so many requests fit into lists that are read often. */
const REQUESTS_PER_BBS = 10_000;
const CLIENTS = 32;
const TIMEOUT_MS = 180_000;
const PATHS = [...ROUTES.values()];

/** Calls that change rows and then say what else was missing (diego.md §3.3, §4.2). */
const MAY_CHANGE = /\/(?:crash|evacuate_\w+(?:\.r1)?)$/;
const FORM_ERRORS = ['InvalidRequest', 'InvalidJSON'];
/** A task that is done is refused in the words of a form error; later it may be a new one. */
const REFUSED_BY_STATE = /\/tasks\/reject$/;

let cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
});

async function startBbs(): Promise<OpenedBbs> {
  const peers = await RecordingPeers.start();
  cleanUps.push(() => peers.stop());
  const options = { auctioneerAddress: peers.address, generation: 'today' } as const;
  const bbs = await startBbsUnderTest({ store: 'memory', ...options });
  cleanUps.push(() => bbs.stop());
  await bbs.registerCell('cell-a', peers.address);
  return bbs;
}

const crashesOf = ({ system }: OpenedBbs) =>
  system.feed.since(0).filter(({ kind }) => kind === 'crash');

/** `ok` or the name of the error; throws for an answer that cannot be read. */
function readAnswer(route: Route, answer: Buffer, format: HostileBody['format']): string {
  if (format === 'json') {
    const { error } = JSON.parse(answer.toString('utf8')) as { error?: { type?: string } };
    return error === undefined ? 'ok' : (error.type ?? 'UnknownError');
  }
  const { error } = decode(route.response, answer) as { readonly error?: ErrorMessage };
  return outcomeOf({ error });
}

const describeBody = (route: Route, { body, format }: HostileBody): string =>
  `seed ${SEED} ${route.path} ${format} ${body.subarray(0, 400).toString('hex')}`;

interface Refused extends HostileBody {
  readonly route: Route;
}

/** One after the other; returns those that were refused for their form. */
async function runBatch(bbs: OpenedBbs, random: Random, count: number): Promise<Refused[]> {
  const hostile = createHostileBodies(random);
  const refused: Refused[] = [];
  for (let done = 0; done < count; done += 1) {
    const route = PATHS[random.below(PATHS.length)] as Route;
    const own = hostile(route);
    const before = bbs.state.image.revision;
    let outcome = '';
    try {
      const answer = await runOperation(bbs.state, route, own.body, own.format, '');
      outcome = readAnswer(route, answer, own.format);
    } catch (error) {
      throw new Error(describeBody(route, own), { cause: error });
    }
    const isFormError = FORM_ERRORS.includes(outcome);
    if (isFormError && !REFUSED_BY_STATE.test(route.path)) refused.push({ ...own, route });
    const isUnchanged = bbs.state.image.revision === before;
    const mayChange = outcome === 'ok' || (!isFormError && MAY_CHANGE.test(route.path));
    if (!isUnchanged && !mayChange) throw new Error(`changed: ${describeBody(route, own)}`);
  }
  return refused;
}

it(
  `answers ${IN_PROCESS} hostile bodies, and a refused one changes nothing`,
  async () => {
    const random = createSeededRandom(SEED);
    let refusals = 0;
    for (let done = 0; done < IN_PROCESS; done += REQUESTS_PER_BBS) {
      const bbs = await startBbs();
      const refused = await runBatch(bbs, random, REQUESTS_PER_BBS);
      await bbs.idle();
      const before = recordsOf(bbs.state);
      for (const own of refused) {
        const { revision } = bbs.state.image;
        const answer = await runOperation(bbs.state, own.route, own.body, own.format, '');
        const outcome = readAnswer(own.route, answer, own.format);
        const isSame = bbs.state.image.revision === revision;
        if (!isSame) throw new Error(`${outcome}, changed: ${describeBody(own.route, own)}`);
      }
      expect(recordsOf(bbs.state)).toEqual(before);
      expect(crashesOf(bbs)).toEqual([]);
      refusals += refused.length;
    }
    process.stdout.write(
      `seed ${SEED}: ${IN_PROCESS} bodies, ${refusals} refused for their form\n`,
    );
    expect(refusals).toBeGreaterThan(IN_PROCESS / 10);
    expect(refusals).toBeLessThan(IN_PROCESS);
  },
  TIMEOUT_MS,
);

it(
  `answers ${OVER_HTTP} hostile bodies over HTTP, on connections that stay open`,
  async () => {
    const bbs = await startBbs();
    const problems: string[] = [];
    async function run(number: number): Promise<void> {
      const random = createSeededRandom(SEED + 1 + number);
      const hostile = createHostileBodies(random);
      const client = new TypedClient(bbs.baseUrl);
      for (let done = 0; done < OVER_HTTP / CLIENTS; done += 1) {
        const route = PATHS[random.below(PATHS.length)] as Route;
        const own = hostile(route);
        const type = own.format === 'json' ? 'application/json' : 'application/x-protobuf';
        try {
          const headers = { 'content-type': type };
          const { status, body } = await client.send('POST', route.path, own.body, headers);
          if (status !== 200) throw new Error(`status ${status}`);
          readAnswer(route, body, own.format);
        } catch (error) {
          problems.push(`${String(error)}: ${describeBody(route, own)}`);
        }
      }
      client.close();
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_none, number) => run(number)));
    process.stdout.write(
      `seed ${SEED}: ${OVER_HTTP} bodies over HTTP, ${problems.length} problems\n`,
    );
    expect(problems).toEqual([]);
    expect(crashesOf(bbs)).toEqual([]);
  },
  TIMEOUT_MS,
);
