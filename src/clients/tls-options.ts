/** What one side of mutual TLS needs; all in PEM. */
export interface TlsOptions {
  /** The authority that the other side's certificate must come from. */
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}
