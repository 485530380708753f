import { createHash, timingSafeEqual } from 'node:crypto';
import type { ConnectOptions } from './connect-options.ts';
import type { AuthorizationOptions } from './options.ts';
import { Permissions } from './permissions.ts';

/** Who the client turned out to be. */
interface Identity {
  readonly user: string;
  readonly permissions: Permissions | undefined;
}

export interface Authenticator {
  readonly isRequired: boolean;
  /** Undefined: refused. */
  authenticate(connect: ConnectOptions): Identity | undefined;
}

const ANYONE: Identity = { user: '', permissions: undefined };

export function createAuthenticator(options: AuthorizationOptions | undefined): Authenticator {
  const { token, user, password } = options ?? {};
  const users = new Map<string, { password: string; identity: Identity }>();
  for (const entry of options?.users ?? []) {
    const permissions = entry.permissions && new Permissions(entry.permissions);
    users.set(entry.user, {
      password: entry.password,
      identity: { user: entry.user, permissions },
    });
  }
  const isRequired = users.size > 0 || token !== undefined || user !== undefined;
  return {
    isRequired,
    authenticate(connect) {
      if (!isRequired) return ANYONE;
      const known = users.get(connect.user);
      if (known !== undefined) {
        return isSame(connect.pass, known.password) ? known.identity : undefined;
      }
      if (token !== undefined) return isSame(connect.authToken, token) ? ANYONE : undefined;
      if (user === undefined || password === undefined) return undefined;
      const isUser = isSame(connect.user, user) && isSame(connect.pass, password);
      return isUser ? { user, permissions: undefined } : undefined;
    },
  };
}

/** Takes the same time wherever the texts differ; hashes have equal lengths. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
