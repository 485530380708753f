/** Droplets at the file server of the node. */
import { openAsBlob } from 'node:fs';
import { failed, unreachable } from './failure.ts';
import type { PackedDroplet } from './pack-droplet.ts';
import { type Session, START_ADVICE } from './session.ts';

const UPLOAD_TIMEOUT_MS = 1_800_000;

const urlOf = ({ node }: Session, name: string): string =>
  `${node.file_server_url}/v1/droplets/${name}`;

const silence = ({ node }: Session, error: unknown): Error => {
  const { cause, message } = error as Error;
  const reason = cause instanceof Error ? cause.message : message;
  return unreachable(
    `the file server at ${node.file_server_url} cannot be reached: ${reason}`,
    START_ADVICE,
  );
};

async function refusal(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { readonly error?: unknown };
    return typeof error === 'string' ? error : `status ${response.status}`;
  } catch {
    return `status ${response.status}`;
  }
}

export async function uploadDroplet(
  session: Session,
  name: string,
  droplet: PackedDroplet,
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(urlOf(session, name), {
      method: 'PUT',
      body: await openAsBlob(droplet.path),
      headers: { 'x-checksum-sha256': droplet.sha256 },
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    });
  } catch (error) {
    throw silence(session, error);
  }
  if (response.ok) {
    await response.body?.cancel();
    return;
  }
  throw failed(`the file server refused the droplet: ${await refusal(response)}`);
}

/** The checksum of a droplet; undefined: there is none of this name. */
export async function dropletChecksum(session: Session, name: string): Promise<string | undefined> {
  const result = await session.http.call(
    'GET',
    `${session.node.file_server_url}/v1/droplets`,
    undefined,
  );
  if (!result.ok) throw silence(session, new Error(result.message));
  const list = JSON.parse(result.body.toString('utf8')) as readonly {
    readonly name: string;
    readonly sha256: string;
  }[];
  return list.find((droplet) => droplet.name === name)?.sha256;
}

/** What cannot be deleted is collected by the file server itself, some day. */
export async function deleteDroplet(session: Session, name: string): Promise<void> {
  await session.http.call('DELETE', urlOf(session, name), undefined);
}
