/** What a client said in CONNECT (cfv1.md §10.3). */
export interface ConnectOptions {
  verbose: boolean;
  pedantic: boolean;
  echo: boolean;
  headers: boolean;
  noResponders: boolean;
  protocol: number;
  user: string;
  pass: string;
  authToken: string;
  name: string;
  lang: string;
  version: string;
  account: string;
  newAccount: boolean;
}

/** They hold for a client that never sends CONNECT, too. */
export const CONNECT_DEFAULTS: Readonly<ConnectOptions> = {
  verbose: true,
  pedantic: true,
  echo: true,
  headers: false,
  noResponders: false,
  protocol: 0,
  user: '',
  pass: '',
  authToken: '',
  name: '',
  lang: '',
  version: '',
  account: '',
  newAccount: false,
};

const BOOLEANS: ReadonlyMap<string, BooleanKey> = new Map([
  ['verbose', 'verbose'],
  ['pedantic', 'pedantic'],
  ['echo', 'echo'],
  ['headers', 'headers'],
  ['no_responders', 'noResponders'],
  ['new_account', 'newAccount'],
]);
const TEXTS: ReadonlyMap<string, TextKey> = new Map([
  ['user', 'user'],
  ['pass', 'pass'],
  ['auth_token', 'authToken'],
  ['name', 'name'],
  ['lang', 'lang'],
  ['version', 'version'],
  ['account', 'account'],
]);
type BooleanKey = 'verbose' | 'pedantic' | 'echo' | 'headers' | 'noResponders' | 'newAccount';
type TextKey = 'user' | 'pass' | 'authToken' | 'name' | 'lang' | 'version' | 'account';

/**
 * A later CONNECT changes only the keys that it names. As with the original's JSON reader, keys
 * have any letter case, null changes nothing, and a value of the wrong type spoils the whole line.
 */
export function parseConnect(
  wireJson: string,
  before: Readonly<ConnectOptions>,
): ConnectOptions | undefined {
  const value = parseJson(Buffer.from(wireJson, 'latin1').toString('utf8'));
  if (value === null) return { ...before };
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const options: ConnectOptions = { ...before };
  for (const [key, field] of Object.entries(value)) {
    if (field !== null && !setField(options, key.toLowerCase(), field)) return undefined;
  }
  return options;
}

/** Whether INFO of a client is JSON of the kind that nats-server accepts and then ignores. */
export function isJsonObject(wireJson: string): boolean {
  const value = parseJson(wireJson);
  return value === null || (typeof value === 'object' && !Array.isArray(value));
}

function setField(options: ConnectOptions, key: string, value: unknown): boolean {
  const booleanKey = BOOLEANS.get(key);
  const textKey = TEXTS.get(key);
  if (booleanKey !== undefined) {
    if (typeof value !== 'boolean') return false;
    options[booleanKey] = value;
  } else if (textKey !== undefined) {
    if (typeof value !== 'string') return false;
    options[textKey] = value;
  } else if (key === 'protocol') {
    if (!Number.isSafeInteger(value)) return false;
    options.protocol = Number(value);
  }
  return true;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
