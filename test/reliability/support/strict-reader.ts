/**
 * Reads requests as an endpoint would that believes nothing: what is not exactly as RFC 9112 has
 * it is a violation. It shares no code with the router.
 */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Head and body as they came. */
  readonly bytes: string;
}

export interface SeenHead {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
}

const LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP\/1\.1$/;
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)$/;

export const valuesOf = (
  headers: readonly (readonly [string, string])[],
  name: string,
): readonly string[] =>
  headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value.trimEnd());

function framingOf(headers: SeenHead['headers']): number | 'chunked' {
  const lengths = valuesOf(headers, 'content-length');
  const codings = valuesOf(headers, 'transfer-encoding');
  if (valuesOf(headers, 'host').length !== 1) throw new Error('not exactly one Host');
  if (lengths.length + codings.length > 1) throw new Error('two framings');
  if (codings.length === 1) {
    if (codings[0]?.toLowerCase() !== 'chunked') throw new Error('unknown coding');
    return 'chunked';
  }
  const [length] = lengths;
  if (length === undefined) return 0;
  if (!/^[0-9]{1,15}$/.test(length)) throw new Error('bad length');
  return Number(length);
}

export class StrictReader {
  #text = '';
  #head: (SeenHead & { readonly end: number; readonly framing: number | 'chunked' }) | undefined;

  /** Bytes of a request that is not whole. */
  get isInside(): boolean {
    return this.#text !== '';
  }

  /** Throws at the first byte that breaks the rules. */
  feed(bytes: string, onHead: (head: SeenHead) => void): SeenRequest[] {
    this.#text += bytes;
    const found: SeenRequest[] = [];
    for (;;) {
      if (this.#head === undefined) {
        this.#head = this.#readHead();
        if (this.#head === undefined) return found;
        onHead(this.#head);
      }
      const { method, target, headers, end, framing } = this.#head;
      const body = framing === 'chunked' ? this.#chunks(end) : this.#content(end, framing);
      if (body === undefined) return found;
      const all = this.#text.slice(0, body.end);
      found.push({ method, target, headers, body: body.text, bytes: all });
      this.#text = this.#text.slice(body.end);
      this.#head = undefined;
    }
  }

  #readHead() {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end === -1) {
      if (/[^\r]\n|^\n/.test(this.#text)) throw new Error('bare LF in a head');
      return undefined;
    }
    const [first = '', ...lines] = this.#text.slice(0, end).split('\r\n');
    const parts = LINE.exec(first);
    if (parts === null) throw new Error(`request line ${JSON.stringify(first.slice(0, 80))}`);
    const headers = lines.map((line): readonly [string, string] => {
      const pair = HEADER.exec(line);
      if (pair === null) throw new Error(`header line ${JSON.stringify(line.slice(0, 80))}`);
      return [pair[1] ?? '', pair[2] ?? ''];
    });
    const framing = framingOf(headers);
    return { method: parts[1] ?? '', target: parts[2] ?? '', headers, end: end + 4, framing };
  }

  #content(from: number, length: number) {
    const end = from + length;
    return this.#text.length < end ? undefined : { text: this.#text.slice(from, end), end };
  }

  #trailers(from: number, text: string) {
    let at = from;
    for (;;) {
      const lineEnd = this.#text.indexOf('\r\n', at);
      if (lineEnd === -1) return undefined;
      if (lineEnd === at) return { text, end: lineEnd + 2 };
      const line = this.#text.slice(at, lineEnd);
      if (!HEADER.test(line)) throw new Error(`trailer line ${JSON.stringify(line.slice(0, 80))}`);
      at = lineEnd + 2;
    }
  }

  #chunks(from: number) {
    let at = from;
    let text = '';
    for (;;) {
      const lineEnd = this.#text.indexOf('\r\n', at);
      if (lineEnd === -1) return undefined;
      const size = this.#text.slice(at, lineEnd);
      if (!/^[0-9a-f]{1,8}$/i.test(size)) throw new Error(`chunk size ${JSON.stringify(size)}`);
      const length = Number.parseInt(size, 16);
      if (length === 0) return this.#trailers(lineEnd + 2, text);
      const dataEnd = lineEnd + 2 + length;
      if (this.#text.length < dataEnd + 2) return undefined;
      if (this.#text.slice(dataEnd, dataEnd + 2) !== '\r\n') throw new Error('end of a chunk');
      text += this.#text.slice(lineEnd + 2, dataEnd);
      at = dataEnd + 2;
    }
  }
}
