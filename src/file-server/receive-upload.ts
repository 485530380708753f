/** Takes the bytes of one droplet: bounded, checked, and seen by nobody before they are whole. */
import { createHash } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Droplet, DropletStore } from './droplet-store.ts';

export interface UploadRequest {
  readonly name: string;
  /** Lower-case hex; undefined: not told, so not checked. */
  readonly sha256: string | undefined;
  readonly maxBytes: number;
}

export type UploadResult =
  | { readonly ok: true; readonly droplet: Droplet; readonly isNew: boolean }
  | { readonly ok: false; readonly status: number; readonly error: string }
  /** The client went away: there is nobody to tell. */
  | { readonly ok: false; readonly status: 0; readonly error: string };

const refuse = (status: number, error: string): UploadResult => ({ ok: false, status, error });

const tooLarge = (maxBytes: number): UploadResult =>
  refuse(413, `a droplet may have ${maxBytes} bytes`);

interface Received {
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes the body to a file and syncs it; a refusal when it is too large or cut off. */
async function writeBody(
  request: IncomingMessage,
  path: string,
  maxBytes: number,
): Promise<Received | UploadResult> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) return tooLarge(maxBytes);
      hash.update(chunk as Buffer);
      await handle.writeFile(chunk as Buffer);
    }
    if (!request.complete) return refuse(0, 'the upload was cut off');
    await handle.sync();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

/** Errors of the disk that a person can do something about. */
const DISK_FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function failureOf(error: unknown, request: IncomingMessage): UploadResult {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (DISK_FULL.has(code)) return refuse(507, 'the disk is full');
  if (request.destroyed && !request.complete) return refuse(0, 'the upload was cut off');
  return refuse(500, message);
}

async function receive(
  request: IncomingMessage,
  store: DropletStore,
  { name, sha256, maxBytes }: UploadRequest,
  temporary: string,
): Promise<UploadResult> {
  const received = await writeBody(request, temporary, maxBytes);
  if ('ok' in received) return received;
  if (sha256 !== undefined && sha256 !== received.sha256) {
    return refuse(422, `the checksum is ${received.sha256}, not ${sha256}`);
  }
  const isNew = store.get(name) === undefined;
  const droplet = await store.publish(name, received.sha256, received.bytes, temporary);
  return { ok: true, droplet, isNew };
}

/** Never rejects. Whatever happens, no temporary file stays. */
export async function receiveUpload(
  request: IncomingMessage,
  store: DropletStore,
  upload: UploadRequest,
): Promise<UploadResult> {
  const length = request.headers['content-length'];
  const announced = length === undefined ? upload.maxBytes : Number(length);
  if (announced > upload.maxBytes) return tooLarge(upload.maxBytes);
  const temporary = store.temporaryPath();
  try {
    if (!(await store.reserve(announced))) return refuse(507, 'there is no room for more droplets');
  } catch (error) {
    return failureOf(error, request);
  }
  try {
    return await receive(request, store, upload, temporary);
  } catch (error) {
    return failureOf(error, request);
  } finally {
    store.release(announced);
    await unlink(temporary).catch(() => {});
  }
}
