import { compareAccessLog } from './compare-access-log.ts';
import { compareJson } from './compare-json.ts';
import { type Difference, DifferenceList } from './difference.ts';
import type { TemplateMatcher } from './match-template.ts';
import type {
  BackendRequestSeen,
  BusMessageSeen,
  HeaderPair,
  InterimResponse,
  Outcome,
  RecordedHeaders,
  ResponseSeen,
} from './recorded-case.ts';

/** Compares what one step brought with what was recorded, field by field. */
export function compareOutcome(
  expected: Outcome,
  observed: Outcome,
  matcher: TemplateMatcher,
): Difference[] {
  matcher.beginStep();
  const list = new DifferenceList(matcher);
  if (expected.connection !== undefined) compareExchange(expected, observed, list);
  compareRepeat(expected, observed, list);
  if (expected.accessLog !== undefined) {
    compareAccessLog(toLines(expected.accessLog), toLines(observed.accessLog), list);
  }
  if (expected.reply !== undefined) {
    compareJson('reply', expected.reply, observed.reply, list);
    list.same('keys', expected.keys?.join(' '), observed.keys?.join(' '));
  }
  compareMessages(expected.messages, observed.messages ?? [], list);
  if (expected.exit !== undefined) list.same('exit', expected.exit, observed.exit);
  compareSeconds(expected.afterSeconds, observed.afterSeconds, list);
  return list.differences;
}

function compareMessages(
  expected: Outcome['messages'],
  observed: readonly BusMessageSeen[],
  list: DifferenceList,
): void {
  if (expected === undefined) return;
  if (expected.length !== observed.length) {
    list.add('messages', expected, observed);
    return;
  }
  for (const [position, message] of expected.entries()) {
    compareJson(`messages[${position}]`, message, observed[position], list, 'shape');
  }
}

function toLines(value: Outcome['accessLog']): readonly string[] {
  if (value === undefined || value === null) return [];
  return typeof value === 'string' ? [value] : value;
}

function compareExchange(expected: Outcome, observed: Outcome, list: DifferenceList): void {
  compareResponses(expected, observed, list);
  list.text('rawResponse', expected.rawResponse, observed.rawResponse);
  list.text('stream', expected.stream ?? '', observed.stream ?? '');
  list.same('connection', expected.connection, observed.connection);
  if (expected.backendSaw !== undefined) {
    compareBackends(toList(expected.backendSaw), toList(observed.backendSaw), list);
    compareJson('backendTls', expected.backendTls ?? [], observed.backendTls ?? [], list);
  }
}

function responsesOf(outcome: Outcome): readonly ResponseSeen[] {
  if (outcome.responses !== undefined) return outcome.responses;
  return outcome.response === undefined || outcome.response === null ? [] : [outcome.response];
}

function compareResponses(expected: Outcome, observed: Outcome, list: DifferenceList): void {
  const wanted = responsesOf(expected);
  const found = responsesOf(observed);
  for (const [position, response] of wanted.entries()) {
    const field = wanted.length > 1 ? `responses[${position}]` : 'response';
    compareResponse(field, response, found[position], list);
  }
  for (const [position, response] of found.entries()) {
    if (position < wanted.length) continue;
    const field = found.length > 1 ? `responses[${position}]` : 'response';
    list.add(field, null, `${response.statusLine} ${JSON.stringify(response.body).slice(0, 200)}`);
  }
  compareInterim(interimOf(expected), interimOf(observed), list);
}

/** 1xx answers stand with the response, or beside it when no final answer came. */
function interimOf(outcome: Outcome): readonly InterimResponse[] {
  return [
    ...(outcome.interim ?? []),
    ...responsesOf(outcome).flatMap((response) => response.interim ?? []),
  ];
}

function compareInterim(
  expected: readonly InterimResponse[],
  observed: readonly InterimResponse[],
  list: DifferenceList,
): void {
  const lines = (interim: readonly InterimResponse[]): string =>
    interim.map((one) => one.statusLine).join(', ');
  list.same('interim', lines(expected), lines(observed));
  for (const [position, one] of expected.entries()) {
    const other = observed[position];
    if (other === undefined) continue;
    compareHeaders(`interim[${position}].headers`, one.headers, other.headers, list);
  }
}

function compareResponse(
  field: string,
  expected: ResponseSeen,
  observed: ResponseSeen | undefined,
  list: DifferenceList,
): void {
  if (observed === undefined) {
    const body = JSON.stringify(expected.body).slice(0, 200);
    list.add(field, `${expected.statusLine} ${body}`, null);
    return;
  }
  list.text(`${field}.statusLine`, expected.statusLine, observed.statusLine);
  compareHeaders(`${field}.headers`, measured(expected, observed), observed.headers, list);
  list.same(`${field}.framing`, expected.framing, observed.framing);
  if (typeof expected.body === 'string') {
    list.text(`${field}.body`, expected.body, String(observed.body));
  } else {
    compareJson(`${field}.body`, expected.body, observed.body, list, 'shape');
  }
  compareTrailers(field, expected.trailers, observed.trailers, list);
  list.same(`${field}.complete`, expected.complete ?? true, observed.complete ?? true);
}

/**
 * The recorded length of a body with placeholders counts ports of five digits; what matters is
 * the length of the body that came.
 */
function measured(expected: ResponseSeen, observed: ResponseSeen): RecordedHeaders {
  const { body, headers } = expected;
  if (typeof body !== 'string' || !body.includes('{{') || !('map' in headers)) return headers;
  return headers.map(([name, value]): HeaderPair => {
    if (name.toLowerCase() !== 'content-length') return [name, value];
    return [name, `${String(observed.body).length}`];
  });
}

function compareTrailers(
  field: string,
  expected: readonly HeaderPair[] | undefined,
  observed: readonly HeaderPair[] | undefined,
  list: DifferenceList,
): void {
  compareHeaders(`${field}.trailers`, expected ?? [], observed ?? [], list);
}

function byName(headers: readonly HeaderPair[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const values = grouped.get(name.toLowerCase()) ?? [];
    values.push(value);
    grouped.set(name.toLowerCase(), values);
  }
  return grouped;
}

/** Names in any case and any order; lines of the same name keep their order. */
function compareHeaders(
  field: string,
  expected: RecordedHeaders,
  observed: RecordedHeaders,
  list: DifferenceList,
): void {
  if (!('map' in observed)) throw new Error('an observed header list is always complete');
  if (!('map' in expected)) {
    compareManyHeaders(field, expected, observed, list);
    return;
  }
  const wanted = byName(expected);
  const found = byName(observed);
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    const values = wanted.get(name) ?? [];
    const others = found.get(name) ?? [];
    const isSame =
      values.length === others.length &&
      values.every((value, position) => list.matcher.matches(value, others[position] ?? ''));
    if (!isSame) list.add(`${field}.${name}`, oneOrMany(values, list), oneOrMany(others, list));
  }
}

function oneOrMany(values: readonly string[], list: DifferenceList): unknown {
  const described = values.map((value) => list.matcher.describe(value));
  return described.length === 0 ? null : described.length === 1 ? described[0] : described;
}

function compareManyHeaders(
  field: string,
  expected: { readonly count: number; readonly first: readonly HeaderPair[] },
  observed: readonly HeaderPair[],
  list: DifferenceList,
): void {
  list.same(`${field}.count`, expected.count, observed.length);
  const found = byName(observed);
  for (const [name, values] of byName(expected.first)) {
    const others = (found.get(name) ?? []).slice(0, values.length);
    const isSame = values.every((value, at) => list.matcher.matches(value, others[at] ?? '\0'));
    if (!isSame) list.add(`${field}.${name}`, oneOrMany(values, list), oneOrMany(others, list));
  }
}

function toList(value: Outcome['backendSaw']): readonly BackendRequestSeen[] {
  if (value === undefined || value === null) return [];
  return 'map' in value ? value : [value];
}

function summary(seen: BackendRequestSeen): string {
  const what = seen.requestLine ?? seen.connectionWas ?? `incomplete ${seen.incomplete ?? ''}`;
  return `${seen.backend}: ${what.slice(0, 120)}`;
}

function compareBackends(
  expected: readonly BackendRequestSeen[],
  observed: readonly BackendRequestSeen[],
  list: DifferenceList,
): void {
  if (expected.length !== observed.length) {
    list.add('backendSaw', expected.map(summary), observed.map(summary));
    if (expected.length === 0 || observed.length === 0) return;
  }
  for (const [position, wanted] of expected.entries()) {
    const found = observed[position];
    if (found === undefined) continue;
    const field = expected.length > 1 ? `backendSaw[${position}]` : 'backendSaw';
    compareBackend(field, wanted, found, list);
  }
}

function compareBackend(
  field: string,
  expected: BackendRequestSeen,
  observed: BackendRequestSeen,
  list: DifferenceList,
): void {
  list.same(`${field}.backend`, expected.backend, observed.backend);
  list.same(`${field}.connectionWas`, expected.connectionWas, observed.connectionWas);
  list.text(`${field}.incomplete`, expected.incomplete, observed.incomplete);
  list.text(`${field}.requestLine`, expected.requestLine, observed.requestLine);
  compareHeaders(`${field}.headers`, expected.headers ?? [], observed.headers ?? [], list);
  list.same(`${field}.framing`, expected.framing, observed.framing);
  list.text(`${field}.body`, expected.body, observed.body);
  compareTrailers(field, expected.trailers, observed.trailers, list);
  list.same(`${field}.complete`, expected.complete ?? true, observed.complete ?? true);
  list.text(`${field}.stream`, expected.stream ?? '', observed.stream ?? '');
  // The recording names the end of a backend connection only where it was looked at.
  if (expected.connectionEnd !== undefined) {
    list.same(`${field}.connectionEnd`, expected.connectionEnd, observed.connectionEnd);
  }
}

function compareRepeat(expected: Outcome, observed: Outcome, list: DifferenceList): void {
  const { pattern, answers, backendRequests } = expected;
  if (pattern === undefined) return;
  if (typeof pattern === 'string') {
    list.same('pattern', pattern, observed.pattern);
  } else {
    compareJson('pattern', pattern, observed.pattern, list);
  }
  const sorted = (texts: readonly string[] | undefined): string[] => [...(texts ?? [])].sort();
  compareJson('answers', sorted(answers), sorted(observed.answers), list);
  compareJson('backendRequests', backendRequests ?? {}, observed.backendRequests ?? {}, list);
}

/** Recorded rounded to seconds; a busy machine may push a time over the edge of rounding. */
function compareSeconds(
  expected: number | undefined,
  observed: number | undefined,
  list: DifferenceList,
): void {
  if (expected === undefined) return;
  if (observed === undefined || Math.abs(observed - expected) >= 1) {
    list.add('afterSeconds', expected, observed ?? null);
  }
}
