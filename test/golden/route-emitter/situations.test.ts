import { afterEach, describe, expect, it } from 'vitest';
import { deviations } from './deviations.ts';
import { loadSituations, type RecordedMessage, type Situation } from './recorded-situation.ts';
import { keyOf, type SeenMessage, type SeenStep, SituationReplay } from './replay-situation.ts';

const situations = loadSituations();

/** Times of a step, as the recordings round them. */
const TOLERANCE_MS = 150;

/** Symbols of times, bound where a row has them. */
type Times = Map<string, string>;

function bind(times: Times, step: Situation['steps'][number], seen: SeenStep): void {
  for (const row of step.rows) {
    const since = seen.since.get(keyOf(row));
    if (row.since !== undefined && since !== undefined) times.set(row.since, since);
  }
}

const textOf = (subject: string, payload: unknown): string => {
  const sorted = JSON.stringify(payload, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return `${subject} ${sorted}`;
};

function wantedText({ subject, payload }: RecordedMessage, times: Times): string {
  if (payload === '') return textOf(subject, payload);
  const symbol = payload['endpoint_updated_at_ns'];
  const bound = typeof symbol === 'string' ? (times.get(symbol) ?? symbol) : undefined;
  return textOf(subject, {
    ...payload,
    ...(bound === undefined ? {} : { endpoint_updated_at_ns: bound }),
  });
}

const byText = (messages: readonly { text: string; atMs: number }[]) =>
  messages.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.atMs - b.atMs));

const seenTexts = (messages: readonly SeenMessage[]) =>
  byText(messages.map(({ subject, payload, atMs }) => ({ text: textOf(subject, payload), atMs })));

const wantedTexts = (messages: readonly RecordedMessage[], times: Times) =>
  byText(messages.map((one) => ({ text: wantedText(one, times), atMs: one.at_ms ?? 0 })));

let replay: SituationReplay | undefined;
afterEach(async () => {
  await replay?.close();
  replay = undefined;
});

describe('recorded situations of the route-emitter', () => {
  it('are all there', () => {
    expect(situations).toHaveLength(42);
    const steps = new Set(
      situations.flatMap(({ id, steps }) => steps.map(({ n }) => `${id}:${n}`)),
    );
    expect(deviations.filter(({ at }) => !steps.has(at))).toEqual([]);
  });

  it.each(situations.map((one) => [one.id, one.title, one] as const))(
    '%s %s',
    async (id, _title, situation) => {
      replay = await SituationReplay.open(situation);
      const times: Times = new Map();
      for (const step of situation.steps) {
        const seen = await replay.run(step);
        bind(times, step, seen);
        const place = `${id}:${step.n} ${step.cmd.op}`;
        const known = deviations.find(({ at }) => at === `${id}:${step.n}`);
        const wanted = wantedTexts(known?.messages ?? step.messages, times);
        const got = seenTexts(seen.messages);
        expect({ place, messages: got.map(({ text }) => text) }).toEqual({
          place,
          messages: wanted.map(({ text }) => text),
        });
        if (step.reply !== undefined)
          expect({ place, reply: seen.reply }).toEqual({ place, reply: step.reply });
        if (situation.timed !== true) continue;
        const late = got.map(({ atMs }, index) => Math.abs(atMs - (wanted[index]?.atMs ?? 0)));
        expect(
          late.filter((ms) => ms > TOLERANCE_MS),
          place,
        ).toEqual([]);
      }
    },
  );
});
