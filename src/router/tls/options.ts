/** TLS from clients (gorouter.md §1.2, §5.4). Plain data: it goes to workers as it is. */

export interface ServedCertificate {
  /** PEM; the whole chain. */
  readonly cert: string;
  readonly key: string;
  /** Of its subject, in lower case; `*.example.com` stands for one label. */
  readonly names: readonly string[];
}

export interface FrontendTlsOptions {
  readonly port: number;
  /** The first one is for clients that name no host, or one that no certificate is for. */
  readonly certificates: readonly ServedCertificate[];
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** As OpenSSL writes them, with colons. */
  readonly ciphers: string;
  /** `request`: verified when there is one. */
  readonly clientCertificates: 'none' | 'request' | 'require';
  /** PEM of the authorities of clients. */
  readonly clientAuthorities: readonly string[];
  /** Besides those, the ones that the system trusts. */
  readonly areSystemAuthoritiesTrusted: boolean;
}
