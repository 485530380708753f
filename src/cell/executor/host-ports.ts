/** Gives each container port a port of the host. */
import { createServer } from 'node:net';
import type { Random } from '../../ports/random.ts';
import type { PortMap } from './executor.ts';

export interface HostPorts {
  /** Undefined: not so many are free. */
  take(containerPorts: readonly number[]): Promise<readonly PortMap[] | undefined>;
  give(ports: readonly PortMap[]): void;
}

/** Whether nobody on this machine listens there. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });

/**
 * Goes around the whole range before a port comes again: a router may know the last holder for a
 * while, and must not send to the next one.
 */
export function createHostPorts(firstPort: number, lastPort: number, random: Random): HostPorts {
  const size = Math.max(0, lastPort - firstPort + 1);
  const taken = new Set<number>();
  let next = size > 0 ? random.below(size) : 0;

  async function takeOne(): Promise<number | undefined> {
    for (let tries = 0; tries < size; tries += 1) {
      const port = firstPort + next;
      next = (next + 1) % size;
      if (taken.has(port)) continue;
      // At once: another container may ask while this one is looked at.
      taken.add(port);
      if (await isFree(port)) return port;
      taken.delete(port);
    }
    return undefined;
  }

  return {
    async take(containerPorts) {
      const ports: PortMap[] = [];
      for (const containerPort of containerPorts) {
        const hostPort = await takeOne();
        if (hostPort === undefined) {
          for (const own of ports) taken.delete(own.hostPort);
          return undefined;
        }
        ports.push({ containerPort, hostPort });
      }
      return ports;
    },
    give(ports) {
      for (const { hostPort } of ports) taken.delete(hostPort);
    },
  };
}
