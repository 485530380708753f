/** The file server: droplets for the cells of this node (DESIGN §7, §8). */

const GIBIBYTE = 1024 ** 3;

export interface FileServerOptions {
  readonly host: string;
  readonly port: number;
  /** Where the droplets are, as an absolute path or from where the node was started. */
  readonly directory: string;
  /** Of one droplet. */
  readonly maxDropletBytes: number;
  /** Of all droplets; above it uploads are refused. */
  readonly maxTotalBytes: number;
  /** Above it the ones that were not used for longest are deleted. */
  readonly maxDroplets: number;
  /** One that was uploaded or fetched since then is never deleted to make room. */
  readonly keepMs: number;
}

export const FILE_SERVER_DEFAULTS = {
  host: '127.0.0.1',
  port: 8083,
  maxDropletBytes: GIBIBYTE,
  maxTotalBytes: 20 * GIBIBYTE,
  maxDroplets: 1000,
  keepMs: 3_600_000,
} as const satisfies Omit<FileServerOptions, 'directory'>;

export const FILE_SERVER_LIMITS = {
  connections: 256,
  /** At a time; more are refused with 503. */
  uploads: 16,
  headersTimeoutMs: 10_000,
  /** Of a whole upload. */
  requestTimeoutMs: 1_800_000,
  /** A client that neither sends nor takes a byte for this long is cut. */
  silentMs: 60_000,
  /** For a refused client to read why, while its upload is thrown away. */
  lingerMs: 1000,
  nameCharacters: 128,
} as const;
