/** What runs apps, as parts of a node's tree: each may be off. */
import { isAbsolute, join } from 'node:path';
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createAuctioneerChildren } from '../auctioneer/index.ts';
import type { AuctioneerOptions } from '../auctioneer/options.ts';
import type { CellSectionOptions } from '../config/cell-section.ts';
import type { FileServerSection } from '../config/route-emitter-section.ts';
import { createFileServerChildren } from '../file-server/index.ts';
import { FILE_SERVER_DEFAULTS } from '../file-server/options.ts';
import type { ActorSystem } from '../kernel/actor-system.ts';
import type { Bus } from '../ports/bus.ts';
import {
  createRouteEmitterChildren,
  ROUTE_EMITTER_NATS_LISTENERS,
} from '../route-emitter/index.ts';
import type { RouteEmitterOptions } from '../route-emitter/options.ts';
import { type CellNodePorts, cellChildren } from './cell-children.ts';
import type { MakeSupervisor } from './tree.ts';

/** Each undefined: off. */
export interface AppOptions {
  readonly routeEmitter: RouteEmitterOptions | undefined;
  readonly auctioneer: AuctioneerOptions | undefined;
  readonly fileServer: FileServerSection | undefined;
  readonly cell: CellSectionOptions | undefined;
}

export interface AppSurroundings {
  readonly bus: Bus;
  readonly tell: ActorSystem['tell'];
  readonly notify: ActorSystem['notify'];
  readonly dataDir: string;
}

/** Names of the actors that hear of NATS. */
export const appNatsListeners = ({ routeEmitter }: AppOptions): readonly string[] =>
  routeEmitter === undefined ? [] : ROUTE_EMITTER_NATS_LISTENERS;

/** In start order: whoever is told of work comes before whoever asks for it. */
export function appChildren(
  { routeEmitter, auctioneer, fileServer, cell }: AppOptions,
  ports: CellNodePorts,
  { bus, tell, notify, dataDir }: AppSurroundings,
  supervisor: MakeSupervisor,
): ChildSpec[] {
  const { log } = ports;
  const children: ChildSpec[] = [];
  if (routeEmitter !== undefined) {
    const own = { ...ports, log: log.child('route-emitter'), bus, notify };
    const emitter = createRouteEmitterChildren(routeEmitter, own);
    children.push(supervisor('route-emitter', 'rest_for_one', emitter));
  }
  if (auctioneer !== undefined) {
    children.push(
      ...createAuctioneerChildren(auctioneer, { ...ports, log: log.child('auctioneer') }),
    );
  }
  if (fileServer !== undefined) {
    const { host, port, directory: given } = fileServer;
    const directory = isAbsolute(given) ? given : join(dataDir, given);
    const options = { ...FILE_SERVER_DEFAULTS, host, port, directory };
    children.push(...createFileServerChildren(options, { ...ports, log: log.child('files') }));
  }
  if (cell !== undefined) {
    // A whole node outlives the evacuation of its cell.
    const surroundings = { dataDir, tell, onEvacuated: () => {} };
    children.push(...cellChildren(cell, ports, surroundings, supervisor));
  }
  return children;
}
