import { Backend, BackendDiary, describeConnection } from './backend.ts';
import { leafCertificate } from './certificates.ts';
import { ClientConnection } from './client-connection.ts';
import { fillText, fillValue, type PlaceholderValues } from './fill-placeholders.ts';
import { type Lane, probeHost } from './lane.ts';
import { pause, waitUntil } from './pause.ts';
import type {
  BackendRequestSeen,
  BackendTlsSeen,
  BusMessageSeen,
  Outcome,
  PublishedMessage,
  RecordedCase,
  RouterLogLine,
  Step,
} from './recorded-case.ts';

const accessLogWaitMs = 1_500;
const backendWaitMs = 1_000;
const routerLogWaitMs = 150;

/** Everything that belongs to one case: backends, connections, and what was seen so far. */
export class Scene {
  readonly recorded: RecordedCase;
  readonly lane: Lane;
  readonly values: PlaceholderValues = new Map();
  readonly observed = new Map<string, BusMessageSeen[]>();
  readonly #backends: Backend[] = [];
  readonly #diary = new BackendDiary();
  readonly #connections = new Map<string, ClientConnection>();
  readonly #anonymous: ClientConnection[] = [];
  readonly #registered: string[] = [];
  readonly #reported = new Map<object, number>();
  #accessMark = 0;
  #logMark = 0;
  #tlsMark = 0;
  #requestMark = 0;
  #hasLooseEnds = false;

  constructor(recorded: RecordedCase, lane: Lane) {
    this.recorded = recorded;
    this.lane = lane;
  }

  async open(): Promise<void> {
    for (const [name, script] of Object.entries(this.recorded.backends ?? {})) {
      const backend = new Backend(name, script, this.#diary, this.values);
      this.#backends.push(backend);
      await backend.start();
      this.values.set(`${name}.port`, `${backend.port}`);
    }
    this.values.set('nats.port', `${this.lane.bus.port}`);
    const { clientCert } = this.recorded.tls ?? {};
    if (clientCert !== undefined) {
      this.values.set('client-cert', leafCertificate(clientCert).derBase64);
    }
  }

  /** Ports are known once a router runs; what it wrote before does not belong to this case. */
  takeRouter(isOwn: boolean): void {
    const { ports } = this.lane.router;
    this.values.set('router.port', `${ports.port}`);
    this.values.set('router.ssl_port', `${ports.sslPort}`);
    this.values.set('status.port', `${ports.statusPort}`);
    this.#accessMark = isOwn ? 0 : this.lane.router.accessLogLines().length;
    this.#logMark = isOwn ? 0 : this.lane.router.logLines().length;
  }

  async close(): Promise<void> {
    for (const connection of [...this.#connections.values(), ...this.#anonymous]) {
      connection.close();
    }
    await Promise.all(this.#backends.map(async (backend) => await backend.stop()));
    // A request that was cut off may be logged late; the next case must not see that line.
    if (this.#hasLooseEnds) await pause(60);
    await this.lane.forget(this.#registered);
  }

  async publish(messages: readonly PublishedMessage[]): Promise<void> {
    for (const { subject = 'router.register', message, raw } of messages) {
      const payload =
        raw === undefined
          ? JSON.stringify(fillValue(message, this.values))
          : fillText(raw, this.values);
      this.lane.busClient.publish(subject, payload);
      if (namesRoutes(payload)) this.#registered.push(payload);
    }
    await this.lane.awaitEffect();
  }

  connect(step: Step): ClientConnection {
    const known = step.conn === undefined ? undefined : this.#connections.get(step.conn);
    if (known !== undefined) return known;
    const { ports } = this.lane.router;
    const connection =
      step.to === 'tls'
        ? new ClientConnection(ports.sslPort, step.tls ?? {})
        : new ClientConnection(step.to === 'status' ? ports.statusPort : ports.port);
    if (step.conn === undefined) this.#anonymous.push(connection);
    else this.#connections.set(step.conn, connection);
    return connection;
  }

  connection(name: string | undefined): ClientConnection {
    const connection = this.#connections.get(name ?? '');
    if (connection === undefined) throw new Error(`no connection ${String(name)} is open`);
    return connection;
  }

  noteLooseEnd(): void {
    this.#hasLooseEnds = true;
  }

  /** Requests per backend since the last look, by name. */
  backendRequests(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const name of this.#diary.requests.slice(this.#requestMark).sort()) {
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  #unreportedBackends(): { requests: BackendRequestSeen[]; report: () => void } {
    // With keep-alive the recorder noted only the first request of a backend connection.
    const everyRequest = this.recorded.config?.['disable_keep_alives'] !== false;
    const requests: BackendRequestSeen[] = [];
    const marks: (() => void)[] = [];
    for (const { backend, seen } of this.#diary.connections) {
      const all = describeConnection(backend, seen, everyRequest);
      requests.push(...all.slice(this.#reported.get(seen) ?? 0));
      marks.push(() => this.#reported.set(seen, all.length));
    }
    return { requests, report: () => marks.forEach((mark) => void mark()) };
  }

  /** What backends received since the last look, after waiting for as much as is expected. */
  async takeBackends(expected: Outcome['backendSaw']): Promise<BackendRequestSeen[]> {
    const wanted = expected === undefined || expected === null ? [] : [expected].flat();
    const needsEnd = wanted.some((one) => one.connectionEnd === 'closed');
    await waitUntil(
      () => {
        const { requests } = this.#unreportedBackends();
        const isWhole = requests.every(
          (request, at) =>
            (request.stream ?? '').length >= (wanted[at]?.stream ?? '').length &&
            (request.complete ?? true) === (wanted[at]?.complete ?? true),
        );
        const isEnded = !needsEnd || requests.every((one) => one.connectionEnd === 'closed');
        return requests.length >= wanted.length && isWhole && isEnded;
      },
      wanted.length === 0 ? 0 : backendWaitMs,
    );
    const { requests } = this.#unreportedBackends();
    this.forgetBackends();
    return requests;
  }

  forgetBackends(): void {
    this.#requestMark = this.#diary.requests.length;
    this.#unreportedBackends().report();
  }

  async takeBackendTls(expected: Outcome['backendTls']): Promise<BackendTlsSeen[]> {
    const wanted = this.#tlsMark + (expected?.length ?? 0);
    await waitUntil(
      () => this.#diary.tlsErrors.length >= wanted,
      wanted === this.#tlsMark ? 0 : backendWaitMs,
    );
    const found = this.#diary.tlsErrors.slice(this.#tlsMark);
    this.#tlsMark = this.#diary.tlsErrors.length;
    return found;
  }

  async takeAccessLog(expectedCount: number): Promise<string[]> {
    if (!this.lane.hasRouter) return [];
    const { router } = this.lane;
    const wanted = this.#accessMark + expectedCount;
    await waitUntil(
      () => router.accessLogLines().length >= wanted,
      expectedCount === 0 ? 0 : accessLogWaitMs,
    );
    const lines = router.accessLogLines().slice(this.#accessMark);
    this.#accessMark = router.accessLogLines().length;
    return lines;
  }

  async takeRouterLog(expected: readonly RouterLogLine[] | undefined): Promise<RouterLogLine[]> {
    if (!this.lane.hasRouter) return [];
    const { router } = this.lane;
    const found = (): RouterLogLine[] => router.logLines().slice(this.#logMark).filter(isOwnLine);
    const wanted = expected?.length ?? 0;
    await waitUntil(() => found().length >= wanted, wanted === 0 ? 0 : routerLogWaitMs);
    const lines = found();
    this.#logMark = router.logLines().length;
    return lines;
  }
}

function isOwnLine(line: RouterLogLine): boolean {
  return !JSON.stringify(line.data ?? {}).includes(probeHost);
}

/** Only such a message can have left anything in the table. */
function namesRoutes(payload: string): boolean {
  try {
    const message: unknown = JSON.parse(payload);
    return typeof message === 'object' && message !== null && 'uris' in message;
  } catch {
    return payload.includes('"uris"');
  }
}
