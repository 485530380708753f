/**
 * What the validation of requests is made of: a list of texts in the original's order and wording
 * (diego.md §1.1, §5.2). No problem is an empty list.
 */
export type Problems = readonly string[];

export const NONE: Problems = [];

export const invalidField = (name: string): string => `Invalid field: ${name}`;

export const invalidWhen = (isInvalid: boolean, name: string): Problems =>
  isInvalid ? [invalidField(name)] : NONE;

export const requiredText = (text: string, name: string): Problems =>
  invalidWhen(text === '', name);

export const notNegative = (value: number, name: string): Problems => invalidWhen(value < 0, name);

/** The name of the field first, then what is wrong in it; nothing when nothing is. */
export const within = (name: string, details: Problems): Problems =>
  details.length === 0 ? NONE : [invalidField(name), ...details];

/** Of a message that has to be there. */
export const required = <T>(
  value: T | undefined,
  name: string,
  problemsOf: (value: T) => Problems,
): Problems => (value === undefined ? [invalidField(name)] : problemsOf(value));

const GUID = /^[a-zA-Z0-9_-]+$/;
export const guid = (text: string, name: string): Problems => invalidWhen(!GUID.test(text), name);

const MAX_ANNOTATION_BYTES = 10 * 1024;
export const annotation = (text: string): Problems =>
  invalidWhen(Buffer.byteLength(text) > MAX_ANNOTATION_BYTES, 'annotation');

const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:/;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const BAD_HOST = /[\s<>"]|:[^\d\]][^\]]*$/;

/** Whether Go's url.Parse takes the text, and finds a scheme. */
function isUrlWithScheme(text: string): boolean {
  const scheme = SCHEME.exec(text)?.[0];
  if (scheme === undefined || CONTROL.test(text)) return false;
  const [address = '', fragment = ''] = text.slice(scheme.length).split(/#(.*)/s);
  if (BAD_ESCAPE.test(fragment)) return false;
  // What follows the scheme without a slash is opaque: anything goes.
  if (!address.startsWith('/')) return true;
  const beforeQuery = address.split('?', 1)[0] ?? '';
  if (BAD_ESCAPE.test(beforeQuery)) return false;
  const host = /^\/\/(?:[^/]*@)?([^/]*)/.exec(beforeQuery)?.[1];
  return host === undefined || !BAD_HOST.test(host);
}

export const rootFs = (text: string): Problems => invalidWhen(!isUrlWithScheme(text), 'rootfs');
