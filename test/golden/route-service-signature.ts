import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

interface SignedUrl {
  readonly signature: string;
  readonly metadata: string;
}

const keys = new Map<string, Buffer>();

/** gorouter.md §5.7: PBKDF2-HMAC-SHA256 with an empty salt, 100001 rounds, 16 bytes. */
function keyOf(secret: string): Buffer {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const key = pbkdf2Sync(secret, '', 100_001, 16, 'sha256');
  keys.set(secret, key);
  return key;
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** A signature for `url` as a router with `secret` would have made it `ageSeconds` ago. */
export function signForwardedUrl(url: string, ageSeconds: number, secret: string): SignedUrl {
  const requestedTime = new Date(Date.now() - ageSeconds * 1000).toISOString();
  const plain = JSON.stringify({ forwarded_url: url, requested_time: requestedTime });
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-128-gcm', keyOf(secret), nonce);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const metadata = Buffer.from(JSON.stringify({ nonce: nonce.toString('base64') }));
  return { signature: base64url(sealed), metadata: base64url(metadata) };
}
