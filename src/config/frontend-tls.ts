/** The keys for TLS from clients, of the original's file and the node's own (gorouter.md §1.2). */
import { X509Certificate } from 'node:crypto';
import { getCiphers } from 'node:tls';
import type { FrontendTlsOptions, ServedCertificate } from '../router/tls/options.ts';

type Section = Readonly<Record<string, unknown>>;

/** Names of RFC 5246 and RFC 5289, as the original takes them too. */
const RFC_NAMES: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

const VERSIONS: Readonly<Record<string, FrontendTlsOptions['minVersion']>> = {
  'TLSv1.0': 'TLSv1',
  'TLSv1.1': 'TLSv1.1',
  'TLSv1.2': 'TLSv1.2',
  'TLSv1.3': 'TLSv1.3',
};

export interface FrontendTlsResult {
  /** Undefined: TLS is off, or the problems say why there is none. */
  readonly tls: FrontendTlsOptions | undefined;
  readonly problems: readonly string[];
}

type KeyPairProblem = (cert: string, key: string) => string | undefined;

/** DNS names of the certificate; its common name when it has none. */
function namesOf(cert: string): string[] {
  const { subjectAltName = '', subject } = new X509Certificate(cert);
  const names = [...subjectAltName.matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name);
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  const all = names.length === 0 && common !== undefined ? [common] : names;
  return all.map((name) => name.toLowerCase());
}

function readCertificates(section: Section, problems: string[], check: KeyPairProblem) {
  const entries = Array.isArray(section['tls_pem']) ? (section['tls_pem'] as Section[]) : [];
  const certificates: ServedCertificate[] = [];
  if (entries.length === 0) problems.push('tls_pem: must be given when enable_ssl is true');
  for (const [index, entry] of entries.entries()) {
    const cert = String(entry['cert_chain'] ?? '');
    const key = String(entry['private_key'] ?? '');
    const problem =
      cert === '' || key === '' ? 'cert_chain and private_key are both needed' : check(cert, key);
    if (problem === undefined) certificates.push({ cert, key, names: namesOf(cert) });
    else problems.push(`tls_pem[${index}]: ${problem}`);
  }
  return certificates;
}

function readCiphers(section: Section, problems: string[]): string {
  const text = String(section['cipher_suites'] ?? '');
  const known = new Set(getCiphers().map((name) => name.toUpperCase()));
  const names = text.split(':').filter((name) => name !== '');
  if (names.length === 0) problems.push('cipher_suites: must name at least one when TLS is on');
  const ciphers = names.map((name) => RFC_NAMES[name] ?? name);
  const wrong = ciphers.filter((name) => !known.has(name.toUpperCase()));
  if (wrong.length > 0) problems.push(`cipher_suites: invalid cipher ${wrong.join(', ')}`);
  return ciphers.join(':');
}

function readVersions(section: Section, problems: string[]) {
  const min = String(section['min_tls_version'] ?? '') || 'TLSv1.2';
  const max = String(section['max_tls_version'] ?? '') || 'TLSv1.2';
  const minVersion = VERSIONS[min];
  if (minVersion === undefined) {
    problems.push(`min_tls_version: one of ${Object.keys(VERSIONS).join(', ')} is wanted`);
  }
  if (max !== 'TLSv1.2' && max !== 'TLSv1.3') {
    problems.push('max_tls_version: one of TLSv1.2, TLSv1.3 is wanted');
  }
  return {
    minVersion: minVersion ?? 'TLSv1.2',
    maxVersion: max === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
  } as const;
}

const authorities = (value: unknown): string[] =>
  [value]
    .flat()
    .map((text) => String(text ?? ''))
    .filter((text) => text.includes('BEGIN CERTIFICATE'));

function readClients(section: Section, problems: string[]) {
  const mode = String(section['client_cert_validation'] ?? '');
  if (mode !== 'none' && mode !== 'request' && mode !== 'require') {
    problems.push('client_cert_validation: one of none, request, require is wanted');
  }
  const ofClients = authorities(section['client_ca_certs']);
  const isOnly = section['only_trust_client_ca_certs'] === true;
  if (isOnly && mode !== 'none' && ofClients.length === 0) {
    problems.push('client_ca_certs: must be given with only_trust_client_ca_certs');
  }
  return {
    clientCertificates: mode as FrontendTlsOptions['clientCertificates'],
    clientAuthorities: isOnly ? ofClients : [...ofClients, ...authorities(section['ca_certs'])],
    areSystemAuthoritiesTrusted: !isOnly,
  };
}

/** All problems at once (gorouter.md §1.3). */
export function toFrontendTls(section: Section, check: KeyPairProblem): FrontendTlsResult {
  if (section['enable_ssl'] !== true) return { tls: undefined, problems: [] };
  const problems: string[] = [];
  const certificates = readCertificates(section, problems, check);
  const ciphers = readCiphers(section, problems);
  const versions = readVersions(section, problems);
  const clients = readClients(section, problems);
  if (problems.length > 0) return { tls: undefined, problems };
  const port = Number(section['ssl_port'] ?? 443);
  return { tls: { port, certificates, ciphers, ...versions, ...clients }, problems };
}
