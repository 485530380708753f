import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

/** What happens to the port of the file server. */
export type FileServerEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'FILE_SERVER_LISTENING'; readonly port: number };
