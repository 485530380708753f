/** The fields of one line of the access log (gorouter.md §6.1). Quoted values without quotes. */
export interface AccessLine {
  readonly host: string;
  readonly time: string;
  readonly request: string;
  readonly status: string;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly referer: string;
  readonly userAgent: string;
  readonly client: string;
  readonly backend: string;
  /** `name:value` pairs behind the fixed part, in order. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly raw: string;
}

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const FIXED = new RegExp(
  `^(\\S*) - \\[([^\\]]+)\\] ${QUOTED} (\\d{3}|"-") (\\d+) (\\d+) ` +
    `${QUOTED} ${QUOTED} ${QUOTED} ${QUOTED} `,
);
const PAIR = new RegExp(`([a-z0-9_-]+):(?:${QUOTED}|(\\S+))`, 'g');

export function parseAccessLine(raw: string): AccessLine {
  const match = FIXED.exec(raw);
  if (match === null) throw new Error(`not an access line: ${raw}`);
  const [whole, host = '', time = '', request = '', status = '', received, sent, ...texts] = match;
  const [referer = '', userAgent = '', client = '', backend = ''] = texts;
  const pairs = [...raw.slice(whole.length).matchAll(PAIR)].map(
    ([, name = '', quoted, bare]) => [name, quoted ?? bare ?? ''] as const,
  );
  return {
    host,
    time,
    request,
    status,
    bytesReceived: Number(received),
    bytesSent: Number(sent),
    referer,
    userAgent,
    client,
    backend,
    pairs,
    raw,
  };
}

export function fieldOf(line: AccessLine, name: string): string | undefined {
  return line.pairs.find(([own]) => own === name)?.[1];
}
