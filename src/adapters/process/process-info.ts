import { createSocket } from 'node:dgram';
import { readdirSync, statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { ProcessInfo } from '../../ports/process-info.ts';

/** Any far address does: a UDP socket only looks up the way there and sends nothing. */
const FAR_ADDRESS = '1.2.3.4';

function findLocalAddress(): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const done = (address: string) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => done('127.0.0.1'));
    socket.connect(53, FAR_ADDRESS, () => done(socket.address().address));
  });
}

export async function createProcessInfo(): Promise<ProcessInfo> {
  const localAddress = await findLocalAddress();
  let usage = process.cpuUsage();
  let atMs = performance.now();
  return {
    maxResidentBytes: () => process.resourceUsage().maxRSS * 1024,
    cpuPercent() {
      const spent = process.cpuUsage(usage);
      const nowMs = performance.now();
      const elapsedMs = Math.max(1, nowMs - atMs);
      usage = process.cpuUsage();
      atMs = nowMs;
      return ((spent.user + spent.system) / 1000 / elapsedMs) * 100;
    },
    cores: availableParallelism(),
    openFiles() {
      try {
        return readdirSync('/proc/self/fd').length;
      } catch {
        return -1;
      }
    },
    localAddress,
    totalMemoryBytes: totalmem(),
    freeDiskBytes(path) {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    },
  };
}
