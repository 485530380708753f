import { X509Certificate } from 'node:crypto';
import { keyPairProblem } from './router-options.ts';

/** Files in PEM. */
export interface TlsPaths {
  /** Certificates of the authority that the other side must come from. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export type TlsFilesResult =
  | { readonly ok: true; readonly files: TlsFiles }
  | { readonly ok: false; readonly problems: readonly string[] };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function authorityProblem(path: string, pem: Buffer): string | undefined {
  const certificates = pem.toString().match(CERTIFICATE);
  if (certificates === null) return `${path}: there is no certificate in it`;
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
    return undefined;
  } catch (error) {
    return `${path}: ${(error as Error).message}`;
  }
}

/**
 * Reads what mutual TLS needs. Every problem is reported at once: a file that cannot be read, an
 * authority that is none, a key that does not belong to its certificate.
 */
export function readTlsFiles(paths: TlsPaths, read: (path: string) => Buffer): TlsFilesResult {
  const problems: string[] = [];
  const contents = (path: string): Buffer | undefined => {
    try {
      return read(path);
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const ca = contents(paths.ca);
  const cert = contents(paths.cert);
  const key = contents(paths.key);
  const wrongAuthority = ca && authorityProblem(paths.ca, ca);
  if (wrongAuthority !== undefined) problems.push(wrongAuthority);
  const wrongPair = cert && key && keyPairProblem(cert.toString(), key.toString());
  if (wrongPair !== undefined) problems.push(`${paths.cert}, ${paths.key}: ${wrongPair}`);
  if (problems.length > 0 || !ca || !cert || !key) return { ok: false, problems };
  return { ok: true, files: { ca, cert, key } };
}
