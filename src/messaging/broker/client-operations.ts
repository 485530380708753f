import type { BrokerCore, Subscription } from './broker-core.ts';
import type { ClientConnection } from './client-connection.ts';
import { isJsonObject, parseConnect } from './connect-options.ts';
import { ERROR_TEXT, publishViolation, subscriptionViolation } from './errors.ts';
import type { ProtocolProblem, ProtocolSink, PublishHead } from './protocol-parser.ts';
import { removeSubscription, routeMessage } from './route-message.ts';
import { hasWildcard, isValidLiteral } from './subjects.ts';

const PROTOCOL_MAX = 1;

/** What each operation of a client means (cfv1.md §10.4). */
export class ClientOperations implements ProtocolSink {
  readonly #core: BrokerCore;
  readonly #client: ClientConnection;

  constructor(core: BrokerCore, client: ClientConnection) {
    this.#core = core;
    this.#client = client;
  }

  get mustConnectFirst(): boolean {
    return this.#client.isAwaitingAuth;
  }

  onConnect(json: string): boolean {
    const client = this.#client;
    const connect = parseConnect(json, client.connect);
    if (connect === undefined) return this.#closeSilently();
    client.connect = connect;
    const wantsAccount = connect.account !== '' || connect.newAccount;
    const identity = wantsAccount ? undefined : this.#core.authenticator.authenticate(connect);
    if (identity === undefined) {
      this.#core.log.info('broker-authentication-failed', {
        client: client.id,
        address: client.remoteAddress,
        user: connect.user,
      });
      client.close('Authentication Failure', ERROR_TEXT.authorizationViolation);
      return false;
    }
    client.permissions = identity.permissions;
    client.authorizedUser = identity.user;
    client.authenticated();
    if (connect.protocol < 0 || connect.protocol > PROTOCOL_MAX) {
      client.close('Bad Client Protocol Version', ERROR_TEXT.invalidClientProtocol);
      return false;
    }
    if (connect.noResponders && !connect.headers) {
      client.close('No Responders Requires Headers', ERROR_TEXT.noRespondersNeedsHeaders);
      return false;
    }
    client.keepAlive.connected();
    return this.#done();
  }

  onPublishHead(head: PublishHead, isHeaderPublish: boolean): boolean {
    const client = this.#client;
    if (isHeaderPublish && !client.connect.headers) return this.#closeSilently();
    if (head.totalBytes > this.#core.options.maxPayloadBytes) {
      client.close('Maximum Message Payload Exceeded', ERROR_TEXT.maximumPayload);
      return false;
    }
    if (client.connect.pedantic && !isValidLiteral(head.subject)) {
      client.sendError(ERROR_TEXT.invalidPublishSubject);
    }
    return !client.isClosed;
  }

  onPublish(head: PublishHead, payload: Buffer): boolean {
    const client = this.#client;
    const { counters } = this.#core;
    client.traffic.inMessages += 1;
    client.traffic.inBytes += payload.length;
    counters.inMessages += 1;
    counters.inBytes += payload.length;
    client.keepAlive.active();
    if (client.permissions !== undefined && !client.permissions.mayPublish(head.subject)) {
      client.sendError(publishViolation(head.subject));
      return !client.isClosed;
    }
    // nats-server confirms before it delivers; a client that hears itself sees this order.
    if (client.connect.verbose) client.send('+OK\r\n');
    routeMessage(this.#core, client, head, payload);
    return !client.isClosed;
  }

  onSubscribe(subject: string, queue: string, sid: string): boolean {
    const client = this.#client;
    client.keepAlive.active();
    if (client.permissions !== undefined && !client.permissions.maySubscribe(subject, queue)) {
      client.sendError(subscriptionViolation(subject, queue));
      return !client.isClosed;
    }
    const { maxSubscriptions } = this.#core.options;
    if (maxSubscriptions > 0 && client.subscriptions.size >= maxSubscriptions) {
      client.sendError(ERROR_TEXT.maximumSubscriptions);
      return !client.isClosed;
    }
    if (!client.subscriptions.has(sid)) {
      const subscription: Subscription = {
        client,
        subject,
        queue,
        sid,
        isWildcard: hasWildcard(subject),
        delivered: 0,
        max: 0,
        isRemoved: false,
      };
      if (!this.#core.sublist.insert(subscription)) {
        client.sendError(ERROR_TEXT.invalidSubject);
        return !client.isClosed;
      }
      client.subscriptions.set(sid, subscription);
    }
    return this.#done();
  }

  onUnsubscribe(sid: string, max: number): boolean {
    this.#client.keepAlive.active();
    const subscription = this.#client.subscriptions.get(sid);
    if (subscription !== undefined) {
      if (max > subscription.delivered) subscription.max = max;
      else removeSubscription(this.#core, subscription);
    }
    return this.#done();
  }

  onPing(): boolean {
    this.#client.keepAlive.active();
    this.#client.send('PONG\r\n');
    return !this.#client.isClosed;
  }

  onPong(): boolean {
    this.#client.keepAlive.ponged();
    return true;
  }

  onInfo(json: string): boolean {
    return isJsonObject(json) || this.#closeSilently();
  }

  onProblem(problem: ProtocolProblem): void {
    const client = this.#client;
    switch (problem) {
      case 'unknown-operation':
        client.close('Parse Error', ERROR_TEXT.unknownOperation);
        return;
      case 'control-line':
        client.close('Maximum Control Line Exceeded', ERROR_TEXT.maximumControlLine);
        return;
      case 'not-connected':
        client.close('Authentication Failure', ERROR_TEXT.authorizationViolation);
        return;
      case 'violation':
        client.close('Protocol Violation');
    }
  }

  #done(): boolean {
    if (this.#client.connect.verbose) this.#client.send('+OK\r\n');
    return !this.#client.isClosed;
  }

  #closeSilently(): boolean {
    this.#client.close('Protocol Violation');
    return false;
  }
}
