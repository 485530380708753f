import type { TlsOptions } from 'nats';
import { type TSchema, Type } from 'typebox';
import { DURATION_PATTERN, durationMs } from './duration.ts';

/** How a node gets its bus: a server elsewhere, or one of its own. */
export interface NatsOptions {
  /** Empty: the node runs the embedded broker. */
  readonly servers: readonly string[];
  readonly embedded: { readonly host: string; readonly port: number; readonly monitorPort: number };
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly tls: TlsOptions | undefined;
  readonly pingIntervalMs: number;
  readonly connectAttempts: number;
}

const port = (value: number, description: string): TSchema =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description });
const text = (description: string): TSchema => Type.String({ default: '', description });

/** The `nats` section of the node's own file. */
export const natsSchema = Type.Object(
  {
    servers: Type.Array(Type.String(), {
      default: [],
      description: 'host:port of NATS servers; empty: an embedded one',
    }),
    host: Type.String({ default: '127.0.0.1', description: 'address of the embedded server' }),
    port: port(4222, 'port of the embedded server'),
    monitor_port: port(0, '/varz /connz /subsz of the embedded server; 0: off'),
    user: text('user, of either'),
    password: text('password, of either'),
    token: text('token instead of user and password'),
    tls_ca_file: text('trusted certificates for nats.servers; turns TLS on'),
    tls_cert_file: text('client certificate'),
    tls_key_file: text('its key'),
    ping_interval: Type.Union([Type.String({ pattern: DURATION_PATTERN }), Type.Integer()], {
      default: '20s',
      description: 'a dead connection is noticed after two of these',
    }),
    connect_attempts: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 3,
      description: 'tries to reach a server at start, then the node gives up',
    }),
  },
  { additionalProperties: false, default: {} },
);

export interface NatsSection {
  readonly servers: string[];
  readonly host: string;
  readonly port: number;
  readonly monitor_port: number;
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly tls_ca_file: string;
  readonly tls_cert_file: string;
  readonly tls_key_file: string;
  readonly ping_interval: string | number;
  readonly connect_attempts: number;
}

export function toNatsOptions(section: NatsSection): NatsOptions {
  const { tls_ca_file: caFile, tls_cert_file: certFile, tls_key_file: keyFile } = section;
  const hasTls = caFile !== '' || certFile !== '';
  return {
    servers: section.servers,
    embedded: { host: section.host, port: section.port, monitorPort: section.monitor_port },
    user: section.user,
    password: section.password,
    token: section.token,
    tls: hasTls
      ? {
          ...(caFile === '' ? {} : { caFile }),
          ...(certFile === '' ? {} : { certFile, keyFile }),
        }
      : undefined,
    pingIntervalMs: durationMs(section.ping_interval),
    connectAttempts: section.connect_attempts,
  };
}
