import { networkInterfaces } from 'node:os';

/**
 * Compares a recorded text with placeholders (`{{uuid}}`, `{{date}}`, …) with the text that came
 * out. An id that stands for one thing keeps its value: `{{uuid}}` means the same id all through
 * a step, `{{hex16}}` all through the case, and two names never mean the same id.
 */
const shapes: Readonly<Record<string, string>> = {
  date: '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT',
  'unix-ms': '\\d{13}',
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  hex16: '[0-9a-f]{16}',
  hex32: '[0-9a-f]{32}',
  hex: '[0-9a-f]+',
  port: '\\d{1,5}',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z',
  seconds: '\\d+\\.\\d{6}',
  number: '\\d+',
  list: '.*',
  dir: '[^"]+',
  signature: '[A-Za-z0-9_=-]+',
  metadata: '[A-Za-z0-9_=-]+',
  'tls-client-hello': '\\x16\\x03[\\s\\S]*',
  'local-ip': '(?:\\d{1,3}\\.){3}\\d{1,3}',
};

const boundFamilies = new Set(['uuid', 'hex16', 'hex32']);

type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'shape'; readonly name: string; readonly family: string };

const pieceCache = new Map<string, readonly Piece[]>();

function familyOf(name: string): string | undefined {
  if (name in shapes) return name;
  const family = name.replace(/-?\d+$/, '');
  return boundFamilies.has(family) ? family : undefined;
}

function toPiece(token: string): Piece {
  const name = /^\{\{([^{}]*)\}\}$/.exec(token)?.[1];
  if (name === undefined) return { kind: 'literal', text: token };
  const repeated = /^repeat:([\s\S]*):(\d+)$/.exec(name);
  if (repeated !== null) {
    return { kind: 'literal', text: (repeated[1] ?? '').repeat(Number(repeated[2])) };
  }
  const known = familyOf(name) ?? (/\.\w*port$/.test(name) || name === 'client-cert' ? '' : null);
  if (known === null) return { kind: 'literal', text: token };
  return { kind: 'shape', name, family: known };
}

function piecesOf(template: string): readonly Piece[] {
  const cachedPieces = pieceCache.get(template);
  if (cachedPieces !== undefined) return cachedPieces;
  const pieces = template.split(/(\{\{[^{}]*\}\})/).filter((token) => token !== '');
  const parsed = pieces.map(toPiece);
  pieceCache.set(template, parsed);
  return parsed;
}

/** True when recorded text names the placeholder, so that tests can check the vocabulary. */
export function isKnownPlaceholder(name: string): boolean {
  return toPiece(`{{${name}}}`).kind === 'shape' || /^repeat:[\s\S]*:\d+$/.test(name);
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function ownAddresses(): Set<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set(addresses.map((address) => address.address));
}

export class TemplateMatcher {
  /** Values that the scene fixed: `b1.port`, `nats.port`, `client-cert`. */
  readonly #fixed: ReadonlyMap<string, string>;
  readonly #bound = new Map<string, string>();

  constructor(fixed: ReadonlyMap<string, string>) {
    this.#fixed = fixed;
  }

  /** `{{uuid}}` names are per step, the other ids per case. */
  beginStep(): void {
    for (const name of [...this.#bound.keys()]) {
      if (name.startsWith('uuid')) this.#bound.delete(name);
    }
  }

  matches(template: string, actual: string): boolean {
    if (!template.includes('{{')) return template === actual;
    const open: string[] = [];
    let source = '';
    let plain = '';
    for (const piece of piecesOf(template)) {
      const known = piece.kind === 'literal' ? piece.text : this.#valueOf(piece.name);
      if (known !== undefined) {
        source += escaped(known);
        plain += known;
        continue;
      }
      if (piece.kind !== 'shape' || piece.family === '') return false;
      open.push(piece.name);
      source += `(${shapes[piece.family] ?? ''})`;
    }
    // Long runs (`{{repeat:…}}`) stand alone and would be too much for an expression.
    if (open.length === 0) return plain === actual;
    const found = new RegExp(`^${source}$`).exec(actual);
    return found !== null && this.#bind(open, found.slice(1));
  }

  #valueOf(name: string): string | undefined {
    return this.#fixed.get(name) ?? this.#bound.get(name);
  }

  #bind(names: readonly string[], values: readonly string[]): boolean {
    const fresh = new Map<string, string>();
    for (const [position, name] of names.entries()) {
      const value = values[position] ?? '';
      if (name === 'local-ip' && !ownAddresses().has(value)) return false;
      if (!boundFamilies.has(familyOf(name) ?? '')) continue;
      if (fresh.has(name) && fresh.get(name) !== value) return false;
      const others = [...this.#bound, ...fresh].filter(([other]) => other !== name);
      if (others.some(([, taken]) => taken === value)) return false;
      fresh.set(name, value);
    }
    for (const [name, value] of fresh) this.#bound.set(name, value);
    return true;
  }

  /** The template with the ids that are known by now, for people who read a difference. */
  describe(template: string): string {
    return piecesOf(template)
      .map((piece) => {
        if (piece.kind === 'literal') return piece.text;
        return this.#valueOf(piece.name) ?? `{{${piece.name}}}`;
      })
      .join('');
  }
}
