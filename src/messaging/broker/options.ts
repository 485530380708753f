import { isValidFilter } from './subjects.ts';

/** A subscribe entry may be `subject queue`: then it speaks of that queue group only. */
export interface PermissionList {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** A list that is left out allows everything. */
export interface UserPermissions {
  readonly publish?: PermissionList;
  readonly subscribe?: PermissionList;
}

interface BrokerUser {
  readonly user: string;
  readonly password: string;
  readonly permissions?: UserPermissions;
}

/** At most one of `user`, `token` and `users` makes sense; nats-server tries them in this order. */
export interface AuthorizationOptions {
  readonly users?: readonly BrokerUser[];
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
}

export interface TlsOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly ca?: string | Buffer;
  /** Refuse clients without a certificate signed by `ca`. */
  readonly verify?: boolean;
}

export interface MonitorOptions {
  readonly host?: string;
  readonly port: number;
}

export interface BrokerOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly serverName?: string;
  readonly authorization?: AuthorizationOptions;
  readonly tls?: TlsOptions;
  /** Off unless given. */
  readonly monitor?: MonitorOptions;
  readonly maxControlLineBytes?: number;
  readonly maxPayloadBytes?: number;
  /** Bytes that may wait for one client before it is cut as a slow consumer. */
  readonly maxPendingBytes?: number;
  readonly maxConnections?: number;
  /** Per client; 0 is no limit. */
  readonly maxSubscriptions?: number;
  readonly writeDeadlineMs?: number;
  readonly authTimeoutMs?: number;
  readonly pingIntervalMs?: number;
  readonly maxPingsOutstanding?: number;
  /** How long a closed connection may take to read what was written to it. */
  readonly closeGraceMs?: number;
  /** Called once with an error that is a bug or a dead listener, so that the owner can restart. */
  readonly onFailure?: (error: Error) => void;
}

export type ResolvedOptions = Required<
  Omit<BrokerOptions, 'authorization' | 'tls' | 'monitor' | 'onFailure' | 'serverName'>
> &
  Pick<BrokerOptions, 'authorization' | 'tls' | 'monitor' | 'onFailure' | 'serverName'>;

/** The defaults of nats-server (cfv1.md §10.7), but for the host: loopback unless asked. */
const BROKER_DEFAULTS = {
  host: '127.0.0.1',
  port: 4222,
  maxControlLineBytes: 4096,
  maxPayloadBytes: 1_048_576,
  maxPendingBytes: 67_108_864,
  maxConnections: 65_536,
  maxSubscriptions: 0,
  writeDeadlineMs: 10_000,
  authTimeoutMs: 2_000,
  pingIntervalMs: 120_000,
  maxPingsOutstanding: 2,
  closeGraceMs: 1_000,
} as const satisfies BrokerOptions;

export function resolveOptions(options: BrokerOptions): ResolvedOptions {
  return { ...BROKER_DEFAULTS, ...options };
}

/** Everything that is wrong with the options, one sentence each. */
export function findOptionProblems(options: ResolvedOptions): string[] {
  const problems: string[] = [];
  const atLeast = (name: keyof ResolvedOptions, least: number): void => {
    const value = options[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
      problems.push(`${name} must be a whole number of at least ${least}`);
    }
  };
  atLeast('port', 0);
  atLeast('maxControlLineBytes', 1);
  atLeast('maxPayloadBytes', 0);
  atLeast('maxPendingBytes', 1);
  atLeast('maxConnections', 1);
  atLeast('maxSubscriptions', 0);
  atLeast('writeDeadlineMs', 1);
  atLeast('authTimeoutMs', 1);
  atLeast('pingIntervalMs', 1);
  atLeast('maxPingsOutstanding', 0);
  atLeast('closeGraceMs', 1);
  if (options.port > 65_535) problems.push('port must be at most 65535');
  problems.push(...findAuthorizationProblems(options.authorization));
  return problems;
}

/** bcrypt needs a package; a hash must never be taken for the password itself. */
const BCRYPT_HASH = /^\$2[abxy]\$/;

function findAuthorizationProblems(authorization: AuthorizationOptions | undefined): string[] {
  if (authorization === undefined) return [];
  const problems: string[] = [];
  const users = authorization.users ?? [];
  const secrets = [authorization.password, authorization.token, ...users.map((u) => u.password)];
  if (secrets.some((secret) => secret !== undefined && BCRYPT_HASH.test(secret))) {
    problems.push('bcrypt passwords are not supported');
  }
  if ((authorization.user === undefined) !== (authorization.password === undefined)) {
    problems.push('authorization.user and authorization.password go together');
  }
  if (new Set(users.map((user) => user.user)).size !== users.length) {
    problems.push('authorization.users names a user twice');
  }
  for (const { user, permissions } of users) {
    for (const list of [permissions?.publish, permissions?.subscribe]) {
      for (const entry of [...(list?.allow ?? []), ...(list?.deny ?? [])]) {
        const isSubscribe = list === permissions?.subscribe;
        const parts = entry.split(/\s+/);
        const isOk = isValidFilter(parts[0] ?? '') && parts.length <= (isSubscribe ? 2 : 1);
        if (!isOk) problems.push(`permission "${entry}" of user "${user}" is not a valid subject`);
      }
    }
  }
  return problems;
}
