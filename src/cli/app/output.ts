/** How results are shown: tables and colours for people, JSON for programs. */
import type { Host } from '../host.ts';

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, number>> = { green: 32, red: 31, yellow: 33, dim: 2, bold: 1 };

const ESCAPE = '\u001b';
const COLOUR_SEQUENCE = /\u001b\[[0-9;]*m/g;
/** Everything that could move the cursor, ring, or hide text. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text of an app or of another program, safe for a terminal; its colours stay. */
export function withoutControls(text: string): string {
  const kept: string[] = [];
  const bare = text.replace(COLOUR_SEQUENCE, (sequence) => {
    kept.push(sequence);
    return '\u0000';
  });
  return bare.replace(CONTROLS, (character) =>
    character === '\u0000' ? (kept.shift() ?? '') : '',
  );
}

export interface Cell {
  readonly text: string;
  readonly colour: Colour | undefined;
}

export type TableValue = string | number | Cell;

export const coloured = (text: string, colour: Colour | undefined): Cell => ({ text, colour });

const cellOf = (value: TableValue): Cell =>
  typeof value === 'object' ? value : { text: String(value), colour: undefined };

export interface Output {
  readonly isJson: boolean;
  readonly isTerminal: boolean;
  paint(text: string, colour: Colour | undefined): string;
  line(text: string): void;
  /** What happens meanwhile: on standard error, so that it is in nobody's way. */
  progress(text: string): void;
  table(head: readonly string[], rows: readonly (readonly TableValue[])[]): void;
  /** One document for programs, in place of everything else. */
  json(value: unknown): void;
  /** One document per line. */
  jsonLine(value: unknown): void;
  warn(text: string): void;
}

/** The BBS has numbers that JSON has no place for. */
const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value;
};

/** Columns as wide as their widest cell; two spaces between; nothing after the last one. */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly TableValue[])[],
  paint: Output['paint'],
): string[] {
  const heading = head.map((text): Cell => ({ text, colour: 'bold' }));
  const cells = [heading, ...rows.map((row) => row.map(cellOf))].map((row) =>
    row.map(({ text, colour }) => ({ text: withoutControls(text), colour })),
  );
  const widths = head.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.text.length ?? 0)),
  );
  return cells.map((row) => {
    const last = row.length - 1;
    return row
      .map(({ text, colour }, column) => {
        const padding = column === last ? 0 : (widths[column] ?? 0) - text.length + 2;
        return paint(text, colour) + ' '.repeat(padding);
      })
      .join('')
      .trimEnd();
  });
}

export function createOutput(host: Host, isJson: boolean): Output {
  const noColour = host.environment['NO_COLOR'] ?? '';
  const isColoured = host.isTerminal && !isJson && noColour === '';
  const paint: Output['paint'] = (text, colour) =>
    isColoured && colour !== undefined && text !== ''
      ? `${ESCAPE}[${CODES[colour]}m${text}${ESCAPE}[0m`
      : text;
  return {
    isJson,
    isTerminal: host.isTerminal,
    paint,
    line: (text) => host.writeOut(`${text}\n`),
    progress: (text) => host.writeError(`${text}\n`),
    table(head, rows) {
      for (const line of tableLines(head, rows, paint)) host.writeOut(`${line}\n`);
    },
    json: (value) => host.writeOut(`${JSON.stringify(value, plain, 2)}\n`),
    jsonLine: (value) => host.writeOut(`${JSON.stringify(value, plain)}\n`),
    warn: (text) => host.writeError(`troupe: ${text}\n`),
  };
}
