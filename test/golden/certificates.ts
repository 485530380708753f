import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { CertificateRequest } from './recorded-case.ts';

/**
 * Test certificates (X.509 v3, RSA, SHA-256), written as DER by hand: needs no openssl on the
 * machine and takes milliseconds. One key pair serves all leaves; names differ, not keys.
 */
export interface Certificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly derBase64: string;
}

interface KeyPair {
  readonly publicDer: Buffer;
  readonly privateKey: KeyObject;
  readonly privatePem: string;
}

const keyPairs = new Map<string, KeyPair>();
const issued = new Map<string, Certificate>();
/** The first byte is not zero: DER wants the shortest form of a number. */
let lastSerial = 0x01000000;

function keyPairOf(owner: string): KeyPair {
  const known = keyPairs.get(owner);
  if (known !== undefined) return known;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const pair = {
    publicDer: publicKey,
    privateKey: createPrivateKey(privateKey),
    privatePem: privateKey,
  };
  keyPairs.set(owner, pair);
  return pair;
}

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length);
  const digits = size.subarray(size.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => tagged(0x30, ...contents);
const octets = (content: Buffer): Buffer => tagged(0x04, content);
const bits = (content: Buffer): Buffer => tagged(0x03, Buffer.from([0]), content);
const objectId = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const yes = Buffer.from('0101ff', 'hex');

const sha256WithRsa = sequence(objectId('2a864886f70d01010b'), Buffer.from([0x05, 0x00]));

function nameOf(commonName: string): Buffer {
  if (commonName === '') return sequence();
  const value = tagged(0x0c, Buffer.from(commonName));
  return sequence(tagged(0x31, sequence(objectId('550403'), value)));
}

function utcTime(unixMs: number): Buffer {
  const text = new Date(unixMs).toISOString().replaceAll(/[-:T]/g, '');
  return tagged(0x17, Buffer.from(`${text.slice(2, 14)}Z`));
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(oid), ...(critical ? [yes] : []), octets(value));
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly subjectKeys: KeyPair;
  readonly issuerKeys: KeyPair;
  readonly notAfterMs: number;
  readonly extensions: readonly Buffer[];
}

function issue(contents: Contents): Certificate {
  const dayMs = 86_400_000;
  lastSerial += 1;
  const serial = Buffer.alloc(4);
  serial.writeUInt32BE(lastSerial);
  const body = sequence(
    tagged(0xa0, Buffer.from('020102', 'hex')),
    tagged(0x02, serial),
    sha256WithRsa,
    nameOf(contents.issuer),
    sequence(utcTime(contents.notAfterMs - 30 * dayMs), utcTime(contents.notAfterMs)),
    nameOf(contents.subject),
    contents.subjectKeys.publicDer,
    tagged(0xa3, sequence(...contents.extensions)),
  );
  const signature = sign('sha256', body, contents.issuerKeys.privateKey);
  const derBase64 = sequence(body, sha256WithRsa, bits(signature)).toString('base64');
  const lines = derBase64.match(/.{1,64}/g) ?? [];
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: contents.subjectKeys.privatePem,
    derBase64,
  };
}

function cached(key: string, make: () => Certificate): Certificate {
  const known = issued.get(key);
  if (known !== undefined) return known;
  const made = make();
  issued.set(key, made);
  return made;
}

/** The certificate of the test authority called `name` ("trusted", "clients", "stranger"). */
export function authorityCertificate(name: string): Certificate {
  return cached(`authority ${name}`, () => {
    const keys = keyPairOf(`authority ${name}`);
    return issue({
      subject: `golden ${name} CA`,
      issuer: `golden ${name} CA`,
      subjectKeys: keys,
      issuerKeys: keys,
      notAfterMs: Date.now() + 10 * 86_400_000,
      extensions: [
        extension('551d13', true, sequence(yes)),
        extension('551d0f', true, Buffer.from('03020106', 'hex')),
      ],
    });
  });
}

/** A leaf for servers and clients alike; without `san` it has a common name only. */
export function leafCertificate(request: CertificateRequest): Certificate {
  const { ca = 'trusted', san = [], cn = '', expired = false } = request;
  return cached(JSON.stringify({ ca, san, cn, expired }), () => {
    const names = san.map((name) => tagged(0x82, Buffer.from(name)));
    const usages = sequence(objectId('2b06010505070301'), objectId('2b06010505070302'));
    return issue({
      subject: cn,
      issuer: `golden ${ca} CA`,
      subjectKeys: keyPairOf('leaf'),
      issuerKeys: keyPairOf(`authority ${ca}`),
      notAfterMs: Date.now() + (expired ? -2 : 10) * 86_400_000,
      extensions: [
        extension('551d0f', true, Buffer.from('030205a0', 'hex')),
        extension('551d25', false, usages),
        ...(names.length > 0 ? [extension('551d11', cn === '', sequence(...names))] : []),
      ],
    });
  });
}
