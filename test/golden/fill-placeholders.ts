import { authorityCertificate, leafCertificate } from './certificates.ts';
import type { CertificateRequest } from './recorded-case.ts';
import { signForwardedUrl } from './route-service-signature.ts';

/** Values for names such as `b1.port`; `meta` is set by the last `{{sign:…}}` that was filled. */
export type PlaceholderValues = Map<string, string>;

/** `{{{` in deliberately broken payloads and `{{.Field}}` of Go templates are no placeholders. */
const placeholderForms = [
  'each:\\d+:[\\s\\S]*?',
  'repeat:[\\s\\S]*?:\\d+',
  'ca:\\w+',
  '(?:cert|key):\\{[\\s\\S]*?\\}',
  'sign:[^}]*',
  '[a-z][a-z0-9.-]*',
];
const placeholder = new RegExp(`\\{\\{(${placeholderForms.join('|')})\\}\\}`, 'g');

function fillOne(name: string, values: PlaceholderValues, whole: string): string {
  const colon = name.indexOf(':');
  const argument = name.slice(colon + 1);
  switch (colon < 0 ? '' : name.slice(0, colon)) {
    case 'each': {
      const [, count = '0', text = ''] = /^(\d+):([\s\S]*)$/.exec(argument) ?? [];
      return Array.from({ length: Number(count) }, (_, n) => text.replaceAll('#', `${n}`)).join('');
    }
    case 'repeat': {
      const [, text = '', count = '0'] = /^([\s\S]*):(\d+)$/.exec(argument) ?? [];
      return text.repeat(Number(count));
    }
    case 'ca':
      return authorityCertificate(argument).certificatePem;
    case 'cert':
      return leafCertificate(JSON.parse(argument) as CertificateRequest).certificatePem;
    case 'key':
      return leafCertificate(JSON.parse(argument) as CertificateRequest).keyPem;
    case 'sign': {
      const [url = '', age = '0', secret = ''] = argument.split('|');
      const signed = signForwardedUrl(url, Number(age), secret);
      values.set('meta', signed.metadata);
      return signed.signature;
    }
    default:
      return values.get(name) ?? whole;
  }
}

export function fillText(text: string, values: PlaceholderValues): string {
  if (!text.includes('{{')) return text;
  return text.replace(placeholder, (whole, name: string) => fillOne(name, values, whole));
}

/** A JSON string that is nothing but a port placeholder becomes a number. */
export function fillValue(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === 'string') {
    const filled = fillText(value, values);
    return /^\{\{\w+\.\w*port\}\}$/.test(value) && filled !== value ? Number(filled) : filled;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => fillValue(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fillValue(item, values)]),
  );
}
