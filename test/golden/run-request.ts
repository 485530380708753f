import type { ClientConnection } from './client-connection.ts';
import { fillText } from './fill-placeholders.ts';
import type { ParsedResponse } from './http-text.ts';
import { pause } from './pause.ts';
import type { InterimResponse, Outcome, RequestPart, ResponseSeen, Step } from './recorded-case.ts';
import type { Scene } from './scene.ts';

/** How long a connection must stay open after the last answer to count as kept. */
const listenMs = 100;
const endWaitMs = 2_000;
/** How long a line that must not come is waited for. */
const lateLineMs = 60;
const defaultTimeoutMs = 3_000;

export function requestParts(step: Step, scene: Scene): RequestPart[] {
  const { request } = step;
  if (request === undefined) return [];
  const parts = typeof request === 'string' ? [{ send: request }] : request;
  return parts.map((part) => ({
    ...part,
    ...(part.send === undefined ? {} : { send: fillText(part.send, scene.values) }),
    ...(part.bytewise === undefined ? {} : { bytewise: fillText(part.bytewise, scene.values) }),
  }));
}

function methodsOf(step: Step, parts: readonly RequestPart[]): readonly string[] {
  const text = parts.map((part) => part.send ?? part.bytewise ?? '').join('');
  return step.methods ?? [/^\S*/.exec(text)?.[0] ?? ''];
}

export async function runRequest(scene: Scene, step: Step): Promise<Outcome> {
  const connection = scene.connect(step);
  const parts = requestParts(step, scene);
  const methods = methodsOf(step, parts);
  const sending = connection.send(parts);
  await awaitAnswers(connection, step, methods);
  await Promise.race([sending, connection.waitUntil(() => connection.end !== undefined, 60_000)]);
  const outcome = await listen(scene, connection, step, methods);
  const { backendSaw, backendTls, accessLog } = step.expected ?? {};
  const backends = backendSaw === undefined ? [] : await scene.takeBackends(backendSaw);
  const tlsErrors = await scene.takeBackendTls(backendTls);
  // The recorder closed its connection and then read the log: what ends with the client is in it.
  if (step.conn === undefined) connection.close();
  if (accessLog === null) await pause(lateLineMs);
  const lines = await scene.takeAccessLog([accessLog ?? []].flat().length);
  return { ...outcome, backendSaw: backends, backendTls: tlsErrors, accessLog: lines };
}

export async function runReceive(scene: Scene, step: Step): Promise<Outcome> {
  const connection = scene.connection(step.conn);
  if (step.stream !== true) {
    await awaitAnswers(connection, step, ['GET']);
    return await listen(scene, connection, step, ['GET']);
  }
  await pause(step.waitMs ?? 0);
  await awaitEnd(connection, step.expected ?? {});
  const stream = connection.raw.slice(connection.consumed);
  connection.consumed = connection.raw.length;
  return { stream, connection: connection.end ?? 'kept' };
}

function isFinal(response: ParsedResponse): boolean {
  return response.status >= 200 || response.status === 101;
}

async function awaitAnswers(
  connection: ClientConnection,
  step: Step,
  methods: readonly string[],
): Promise<void> {
  const isAnswered = (): boolean => {
    if (connection.end !== undefined) return true;
    const whole = connection
      .responses(methods)
      .filter((response) => isFinal(response) && response.content.complete);
    return whole.length >= (step.count ?? 1) || whole.some((response) => response.status === 101);
  };
  await connection.waitUntil(isAnswered, step.timeoutMs ?? defaultTimeoutMs);
}

async function awaitEnd(connection: ClientConnection, expected: Outcome): Promise<void> {
  const mustEnd = expected.connection !== undefined && expected.connection !== 'kept';
  const timeoutMs = mustEnd ? endWaitMs : listenMs;
  await connection.waitUntil(() => connection.end !== undefined, timeoutMs);
}

async function listen(
  scene: Scene,
  connection: ClientConnection,
  step: Step,
  methods: readonly string[],
): Promise<Outcome> {
  const expected = step.expected ?? {};
  const streamLength = (expected.stream ?? '').length;
  const streamed = (): string => streamAfter(connection.responses(methods), connection);
  if (streamLength > 0) {
    await connection.waitUntil(
      () => connection.end !== undefined || streamed().length >= streamLength,
      endWaitMs,
    );
  }
  await awaitEnd(connection, expected);
  const responses = connection.responses(methods);
  const last = responses.at(-1);
  const isOver = last !== undefined && last.status >= 200 && last.content.complete;
  if (!isOver) scene.noteLooseEnd();
  const outcome = describeAnswers(responses, connection, step);
  connection.consumed = connection.raw.length;
  return outcome;
}

function streamAfter(responses: readonly ParsedResponse[], connection: ClientConnection): string {
  const last = responses.at(-1);
  return last?.status === 101 ? connection.raw.slice(last.content.end) : '';
}

function describeAnswers(
  responses: readonly ParsedResponse[],
  connection: ClientConnection,
  step: Step,
): Outcome {
  const finals: ResponseSeen[] = [];
  let interim: InterimResponse[] = [];
  for (const response of responses) {
    if (!isFinal(response)) {
      interim.push({ statusLine: response.startLine, headers: response.headers });
      continue;
    }
    finals.push(describeResponse(response, interim, step));
    interim = [];
  }
  const [only] = finals;
  const isUnreadable = responses.length === 0 && connection.raw.length > connection.consumed;
  return {
    ...(finals.length > 1 ? { responses: finals } : { response: only ?? null }),
    ...(interim.length > 0 ? { interim } : {}),
    ...(isUnreadable ? { rawResponse: connection.raw.slice(connection.consumed) } : {}),
    ...(responses.at(-1)?.status === 101 ? { stream: streamAfter(responses, connection) } : {}),
    connection: connection.end ?? 'kept',
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describeResponse(
  response: ParsedResponse,
  interim: readonly InterimResponse[],
  step: Step,
): ResponseSeen {
  const { startLine, headers, framing, content } = response;
  return {
    statusLine: startLine,
    headers,
    ...(framing === undefined ? {} : { framing }),
    body: step.jsonShape === undefined ? content.body : parseJson(content.body),
    ...(content.trailers.length === 0 ? {} : { trailers: content.trailers }),
    ...(interim.length === 0 ? {} : { interim }),
    ...(content.complete ? {} : { complete: false }),
  };
}

/** The same request again and again, each time on a connection of its own. */
export async function runRepeat(scene: Scene, step: Step): Promise<Outcome> {
  const count = step.count ?? 1;
  const answers: string[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const parts = requestParts(step, scene);
    const methods = methodsOf(step, parts);
    const connection = scene.connect({ do: step.do });
    await connection.send(parts);
    await awaitAnswers(connection, { do: step.do }, methods);
    const final = connection.responses(methods).find(isFinal);
    answers.push(final === undefined ? 'no answer' : `${final.status} ${final.content.body}`);
    connection.close();
  }
  await scene.takeAccessLog(count);
  const backendRequests = scene.backendRequests();
  scene.forgetBackends();
  const distinct = [...new Set(answers)];
  const letters = answers.map((answer) => String.fromCharCode(65 + distinct.indexOf(answer)));
  return {
    pattern: step.labels === 'exact' ? answers : letters.join(''),
    answers: distinct,
    backendRequests,
  };
}
