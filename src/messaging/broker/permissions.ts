import type { PermissionList, UserPermissions } from './options.ts';
import { hasWildcard, isWithin, toWireText } from './subjects.ts';
import { Sublist, type SublistEntry } from './sublist.ts';

type Filters = Sublist<SublistEntry>;

/** What one user may do, compiled from the lists (cfv1.md §10.9). Shared by the user's clients. */
export class Permissions {
  readonly #publishAllow: Filters | undefined;
  readonly #publishDeny: Filters | undefined;
  readonly #subscribeAllow: Filters | undefined;
  readonly #subscribeDeny: Filters | undefined;

  constructor(permissions: UserPermissions) {
    const { publish, subscribe } = permissions;
    this.#publishAllow = compile(publish, 'allow');
    this.#publishDeny = compile(publish, 'deny');
    this.#subscribeAllow = compile(subscribe, 'allow');
    this.#subscribeDeny = compile(subscribe, 'deny');
  }

  mayPublish(subject: string): boolean {
    if (this.#publishAllow && this.#publishAllow.match(subject).plain.length === 0) return false;
    return !this.#publishDeny || this.#publishDeny.match(subject).plain.length === 0;
  }

  /** An entry with a queue decides over one without, for subscriptions in a queue group. */
  maySubscribe(subject: string, queue: string): boolean {
    if (this.#subscribeAllow && !applies(this.#subscribeAllow, subject, queue)) return false;
    return !this.#subscribeDeny || !applies(this.#subscribeDeny, subject, queue);
  }

  /**
   * A wildcard subscription may reach subjects that are denied; those messages are held back at
   * delivery. Literal subscriptions were already refused.
   */
  mayReceive(subject: string): boolean {
    return !this.#subscribeDeny || this.#subscribeDeny.match(subject).plain.length === 0;
  }
}

function applies(filters: Filters, subject: string, queue: string): boolean {
  const found = filters.match(subject);
  if (queue === '' || found.queues.length === 0) return found.plain.length > 0;
  return found.queues.some((entries) => matchesQueue(queue, entries[0]?.queue ?? ''));
}

function matchesQueue(queue: string, wanted: string): boolean {
  return hasWildcard(wanted) ? isWithin(queue, wanted) : queue === wanted;
}

function compile(list: PermissionList | undefined, side: 'allow' | 'deny'): Filters | undefined {
  const entries = list?.[side];
  if (entries === undefined) return undefined;
  const filters: Filters = new Sublist();
  for (const entry of entries) {
    const [subject = '', queue = ''] = toWireText(entry).split(/\s+/);
    filters.insert({ subject, queue });
  }
  return filters;
}
