import type { BrokerOptions } from '../../../src/messaging/broker/index.ts';

interface Setup {
  readonly options: BrokerOptions;
  /** The same for nats-server, as lines of its configuration file. */
  readonly configuration: string;
}

/** The brokers that the conversations are played against. */
export const SETUPS = {
  plain: { options: {}, configuration: '' },
  password: {
    options: { authorization: { user: 'u', password: 'p' }, authTimeoutMs: 300 },
    configuration: 'authorization { user: u, password: p, timeout: 0.3 }',
  },
  token: {
    options: { authorization: { token: 's3cret' } },
    configuration: 'authorization { token: "s3cret" }',
  },
  users: {
    options: {
      authorization: {
        users: [
          {
            user: 'a',
            password: 'a',
            permissions: {
              publish: { allow: ['foo.*', 'req'], deny: ['foo.secret'] },
              subscribe: { allow: ['bar.>', '_INBOX.>', 'foo.>'], deny: ['bar.secret'] },
            },
          },
          { user: 'b', password: 'b' },
          {
            user: 'c',
            password: 'c',
            permissions: {
              publish: { allow: ['only'] },
              subscribe: { allow: ['x', 'q w1', '*.z'] },
            },
          },
          {
            user: 'd',
            password: 'd',
            permissions: {
              publish: { deny: ['no.>'] },
              subscribe: { deny: ['no.>', 'foo q'] },
            },
          },
          { user: 'f', password: 'f', permissions: { subscribe: { allow: ['foo q.*'] } } },
          { user: 'g', password: 'g', permissions: { subscribe: { deny: ['*.hidden'] } } },
        ],
      },
    },
    configuration: `authorization { users: [
      { user: a, password: a, permissions: {
        publish: { allow: ["foo.*", "req"], deny: ["foo.secret"] }
        subscribe: { allow: ["bar.>", "_INBOX.>", "foo.>"], deny: ["bar.secret"] } } }
      { user: b, password: b }
      { user: c, password: c, permissions: { publish: "only", subscribe: ["x", "q w1", "*.z"] } }
      { user: d, password: d, permissions: {
        publish: { deny: "no.>" }, subscribe: { deny: ["no.>", "foo q"] } } }
      { user: f, password: f, permissions: { subscribe: ["foo q.*"] } }
      { user: g, password: g, permissions: { subscribe: { deny: ["*.hidden"] } } }
    ] }`,
  },
  limits: {
    options: { maxSubscriptions: 2, maxPayloadBytes: 8, maxControlLineBytes: 64 },
    configuration: 'max_subscriptions: 2\nmax_payload: 8\nmax_control_line: 64',
  },
  oneConnection: {
    options: { maxConnections: 1 },
    configuration: 'max_connections: 1',
  },
  impatient: {
    options: { pingIntervalMs: 150, maxPingsOutstanding: 2 },
    configuration: 'ping_interval: "150ms"\nping_max: 2',
  },
} as const satisfies Record<string, Setup>;

export type SetupName = keyof typeof SETUPS;
export const SETUP_NAMES = Object.keys(SETUPS) as SetupName[];
