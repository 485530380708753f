/** The only source of chance, so that a run can be repeated from its seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
  /** A version 4 UUID (RFC 9562 §5.4). */
  uuid(): string;
}
