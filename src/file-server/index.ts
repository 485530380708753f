/** Composes the file server: one actor, which owns the port and the files behind it. */
import type { FileServerEvent } from '../../machines/file-server/file-server.events.ts';
import { fileServerMachine } from '../../machines/file-server/file-server.machine.ts';
import { StartupError } from '../../machines/kernel/failures.ts';
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { listen } from '../kernel/listen.ts';
import { resource } from '../kernel/resource.ts';
import { DropletStore, type DropletStorePorts } from './droplet-store.ts';
import { createFileServer } from './file-server.ts';
import type { FileServerOptions } from './options.ts';

const FILE_SERVER_NAME = 'file-server';
const READY_TIMEOUT_MS = 30_000;
const SHUTDOWN_MS = 2000;

function serverOf(options: FileServerOptions, ports: DropletStorePorts) {
  return resource<FileServerEvent, Record<string, never>>((_input, scope) => {
    const { host, port, directory } = options;
    const advice = 'stop the other program, or set file_server.port';
    const where = { what: 'file server', host, port, advice };
    let isOpen = true;
    let close = () => {};
    const store = new DropletStore(options, ports);
    const open = async (): Promise<void> => {
      try {
        await store.load();
      } catch (error) {
        const text = `file server: ${(error as Error).message}`;
        throw new StartupError(text, `make ${directory} writable, or set data_dir`);
      }
      if (!isOpen) return;
      const server = createFileServer({ options, store, ...ports }, scope.fail);
      close = listen(server, where, scope, (bound) =>
        scope.send({ type: 'FILE_SERVER_LISTENING', port: bound }),
      );
    };
    open().catch((error: unknown) => scope.fail(error));
    return () => {
      isOpen = false;
      close();
    };
  });
}

export function createFileServerChildren(
  options: FileServerOptions,
  ports: DropletStorePorts,
): readonly ChildSpec[] {
  return [
    {
      id: FILE_SERVER_NAME,
      name: FILE_SERVER_NAME,
      logic: fileServerMachine.provide({ actors: { server: serverOf(options, ports) } }),
      restart: 'permanent',
      readyTimeoutMs: READY_TIMEOUT_MS,
      shutdownMs: SHUTDOWN_MS,
    },
  ];
}
