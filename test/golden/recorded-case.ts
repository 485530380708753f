/**
 * The shape of one recorded case, as data/README.md describes it. What a replay observes has
 * the same shape as what was recorded, so that one can be compared with the other.
 */

export type HeaderPair = readonly [name: string, value: string];
/** More than 60 headers were recorded as their number and the first twelve. */
export type RecordedHeaders =
  | readonly HeaderPair[]
  | { readonly count: number; readonly first: readonly HeaderPair[] };

export interface InterimResponse {
  readonly statusLine: string;
  readonly headers: RecordedHeaders;
}

export interface ResponseSeen {
  readonly statusLine: string;
  readonly headers: RecordedHeaders;
  readonly framing?: string;
  /** Text, or the parsed value of a JSON body when the step says `jsonShape`. */
  readonly body: unknown;
  readonly trailers?: readonly HeaderPair[];
  readonly interim?: readonly InterimResponse[];
  readonly complete?: boolean;
}

export interface BackendRequestSeen {
  readonly backend: string;
  readonly requestLine?: string;
  readonly headers?: RecordedHeaders;
  readonly framing?: string;
  readonly body?: string;
  readonly trailers?: readonly HeaderPair[];
  readonly complete?: boolean;
  readonly stream?: string;
  readonly connectionEnd?: string;
  readonly incomplete?: string;
  readonly connectionWas?: string;
}

export interface BackendTlsSeen {
  readonly backend: string;
  readonly tlsError: string;
}

export interface RouterLogLine {
  readonly level: string;
  readonly message: string;
  readonly data?: unknown;
}

export interface BusMessageSeen {
  readonly subject: string;
  readonly message: unknown;
}

/** Everything that any step can have recorded. Which keys there are depends on the step. */
export interface Outcome {
  readonly response?: ResponseSeen | null;
  readonly responses?: readonly ResponseSeen[];
  readonly rawResponse?: string;
  readonly interim?: readonly InterimResponse[];
  readonly note?: string;
  readonly stream?: string;
  readonly connection?: string;
  readonly backendSaw?: BackendRequestSeen | readonly BackendRequestSeen[] | null;
  readonly backendTls?: readonly BackendTlsSeen[];
  readonly accessLog?: string | readonly string[] | null;
  readonly routerLog?: readonly RouterLogLine[];
  readonly pattern?: string | readonly string[];
  readonly answers?: readonly string[];
  readonly backendRequests?: Readonly<Record<string, number>>;
  readonly reply?: unknown;
  readonly keys?: readonly string[];
  readonly messages?: readonly BusMessageSeen[];
  readonly exit?: number | null;
  readonly afterSeconds?: number;
  readonly log?: readonly RouterLogLine[];
}

/** One piece of a request: sent as it is, after a pause, byte by byte, or an end of the client. */
export interface RequestPart {
  readonly send?: string;
  readonly bytewise?: string;
  readonly waitMs?: number;
  readonly end?: boolean;
  readonly abort?: boolean;
}
type RequestText = string | readonly RequestPart[];

export interface CertificateRequest {
  readonly ca?: string;
  readonly san?: readonly string[];
  readonly cn?: string;
  readonly expired?: boolean;
}

type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export interface ClientTls {
  readonly sni?: string;
  readonly clientCert?: CertificateRequest;
  readonly maxVersion?: TlsVersion;
}

export interface BackendTls extends CertificateRequest {
  readonly clientCa?: string;
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  readonly ciphers?: string;
}

export interface BackendScript {
  readonly script: string;
  readonly delayMs?: number;
  readonly greeting?: string;
  readonly response?: string;
  readonly interim?: string;
  readonly then?: 'close' | 'reset';
  readonly parts?: readonly { readonly send: string; readonly waitMs?: number }[];
  readonly scripts?: readonly BackendScript[];
  readonly tls?: BackendTls;
}

export interface PublishedMessage {
  readonly subject?: string;
  readonly message?: unknown;
  readonly raw?: string;
}

export interface Step {
  readonly do: string;
  readonly expected?: Outcome;
  readonly settleMs?: number;
  readonly messages?: readonly PublishedMessage[];
  readonly request?: RequestText;
  readonly conn?: string;
  readonly to?: 'status' | 'tls';
  readonly tls?: ClientTls;
  readonly methods?: readonly string[];
  readonly timeoutMs?: number;
  readonly count?: number;
  readonly labels?: 'exact';
  readonly jsonShape?: string;
  readonly ms?: number;
  readonly refusedCheck?: boolean;
  readonly stream?: boolean;
  readonly waitMs?: number;
  readonly action?: 'stop' | 'start';
  readonly subject?: string;
  readonly payload?: string;
  readonly name?: string;
  readonly shape?: boolean;
  readonly noWait?: boolean;
  readonly expectExit?: boolean;
  readonly signal?: 'USR1' | 'TERM' | 'INT';
  readonly seconds?: boolean;
}

export interface RecordedCase {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly varies?: boolean;
  readonly corpus?: number | null;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly fresh?: boolean;
  readonly backends?: Readonly<Record<string, BackendScript>>;
  readonly register?: readonly PublishedMessage[];
  readonly registerLog?: readonly RouterLogLine[];
  readonly steps?: readonly Step[];
  readonly request?: RequestText;
  readonly to?: 'status' | 'tls';
  readonly tls?: ClientTls;
  readonly methods?: readonly string[];
  readonly timeoutMs?: number;
  readonly count?: number;
  readonly jsonShape?: string;
  readonly expected?: Outcome;
}
