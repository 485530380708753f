import { describe, expect, test } from 'vitest';
import { backendScripts } from './backend.ts';
import { fillText } from './fill-placeholders.ts';
import { loadRawCases } from './load-cases.ts';
import { isKnownPlaceholder } from './match-template.ts';
import { stepRunners } from './run-step.ts';

/** Every word of the recording must be one that the replay knows. */
type Json = Readonly<Record<string, unknown>>;

const outcomeKeys =
  'response responses rawResponse interim note stream connection backendSaw backendTls accessLog ' +
  'routerLog pattern answers backendRequests reply keys messages exit afterSeconds log';
const exchangeKeys = 'request to tls methods timeoutMs count jsonShape expected';
const scriptKeys = 'script delayMs greeting response interim then parts scripts tls';
const caseKeys = 'id group title varies corpus config fresh backends register registerLog steps';
const known = {
  case: `${caseKeys} ${exchangeKeys}`,
  outcome: outcomeKeys,
  response: 'statusLine headers framing body trailers interim complete',
  backendSaw:
    'backend requestLine headers framing body trailers complete stream connectionEnd incomplete ' +
    'connectionWas',
  script: scriptKeys,
  tls: 'ca san cn expired clientCa minVersion maxVersion ciphers',
  clientTls: 'sni clientCert maxVersion',
  message: 'subject message raw',
  part: 'send waitMs bytewise end abort',
};

const stepKeys: Readonly<Record<string, string>> = {
  publish: 'messages',
  request: `conn ${exchangeKeys}`,
  repeat: 'request count labels',
  wait: 'ms',
  open: 'conn request refusedCheck',
  receive: 'conn stream waitMs timeoutMs',
  closeConn: 'conn',
  nats: 'action',
  natsRequest: 'subject payload',
  observe: 'subject name shape',
  observed: 'name waitMs',
  startRouter: 'noWait expectExit timeoutMs',
  signal: 'signal',
  awaitExit: 'timeoutMs seconds',
};

const ends = ['kept', 'closed', 'reset', 'refused', 'tls-handshake-failed', 'aborted by client'];

const objects = (value: unknown): Json[] =>
  [value ?? []].flat().filter((item): item is Json => typeof item === 'object' && item !== null);

function unknownKeys(what: string, value: unknown, keys: string): string[] {
  const names = new Set(keys.split(' '));
  return objects(value).flatMap((item) =>
    Object.keys(item)
      .filter((key) => !names.has(key))
      .map((key) => `${what}.${key}`),
  );
}

function checkRequest(value: unknown): string[] {
  return typeof value === 'string' ? [] : unknownKeys('request', value, known.part);
}

function checkOutcome(value: unknown): string[] {
  return objects(value).flatMap((outcome) => [
    ...unknownKeys('expected', outcome, known.outcome),
    ...unknownKeys('response', outcome['response'], known.response),
    ...unknownKeys('response', outcome['responses'], known.response),
    ...unknownKeys('backendSaw', outcome['backendSaw'], known.backendSaw),
    ...(outcome['connection'] === undefined || ends.includes(String(outcome['connection']))
      ? []
      : [`connection ${String(outcome['connection'])}`]),
  ]);
}

function checkScript(value: unknown): string[] {
  return objects(value).flatMap((script) => [
    ...unknownKeys('backend', script, known.script),
    ...unknownKeys('tls', script['tls'], known.tls),
    ...(backendScripts.has(String(script['script'])) ? [] : [`script ${String(script['script'])}`]),
    ...checkScript(script['scripts']),
  ]);
}

function checkStep(step: Json): string[] {
  const name = String(step['do']);
  const keys = stepKeys[name];
  if (keys === undefined || stepRunners[name] === undefined) return [`step ${name}`];
  return [
    ...unknownKeys(name, step, `do expected settleMs ${keys}`),
    ...unknownKeys('tls', step['tls'], known.clientTls),
    ...unknownKeys('message', step['messages'], known.message),
    ...checkRequest(step['request']),
    ...checkOutcome(step['expected']),
  ];
}

function checkCase(recorded: Json): string[] {
  return [
    ...unknownKeys('case', recorded, known.case),
    ...unknownKeys('tls', recorded['tls'], known.clientTls),
    ...unknownKeys('register', recorded['register'], known.message),
    ...Object.values((recorded['backends'] ?? {}) as Json).flatMap(checkScript),
    ...checkRequest(recorded['request']),
    ...checkOutcome(recorded['expected']),
    ...objects(recorded['steps']).flatMap(checkStep),
  ];
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** The recorded outcomes of a case, and everything else of it. */
function split(recorded: Json): { outcomes: unknown[]; inputs: unknown[] } {
  const { expected, registerLog, steps, ...inputs } = recorded;
  const each = objects(steps);
  return {
    outcomes: [expected, registerLog, ...each.map((step) => step['expected'])],
    inputs: [inputs, ...each.map(({ expected: _outcome, ...input }) => input)],
  };
}

const cases = loadRawCases() as Json[];

describe('the recorded data', () => {
  test('there are 855 cases in 40 groups, and no id stands twice', () => {
    expect(cases).toHaveLength(855);
    expect(new Set(cases.map((recorded) => recorded['group']))).toHaveLength(40);
    expect(new Set(cases.map((recorded) => recorded['id']))).toHaveLength(855);
  });

  test('every key, step and script is known to the replay', () => {
    expect([...new Set(cases.flatMap(checkCase))]).toEqual([]);
  });

  test('every placeholder in what came out is known', () => {
    const names = cases.flatMap((recorded) =>
      texts(split(recorded).outcomes).flatMap((text) =>
        [...text.matchAll(/\{\{([^{}]*)\}\}/g)].map((found) => found[1] ?? ''),
      ),
    );
    const unknown = [...new Set(names)].filter((name) => !isKnownPlaceholder(name));
    // Part of a payload that is broken on purpose, logged as it came.
    expect(unknown.filter((name) => name !== '')).toEqual([]);
  });

  test('every placeholder in what is sent gets filled', () => {
    const values = new Map(
      ['b1', 'b2', 'b3', 'b4', 'b5', 'router', 'status'].map((name) => [`${name}.port`, '12345']),
    );
    values.set('meta', 'x');
    const left = cases.flatMap((recorded) =>
      texts(split(recorded).inputs)
        .map((text) => fillText(text, values))
        .flatMap((text) => text.match(/\{\{[a-z][\s\S]*?\}\}/g) ?? []),
    );
    expect(left).toEqual([]);
  });
});
