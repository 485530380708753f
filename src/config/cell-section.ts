/** The sections of the node's file that belong to what runs apps. */
import type { TSchema } from 'typebox';
import type { AuctioneerOptions } from '../auctioneer/options.ts';
import type { CellOptions } from '../cell/options.ts';
import type { ControlPlaneOptions } from './bbs-options.ts';
import { durationMs } from './duration.ts';
import { duration, flag, HOST, LOOPBACK, port, section, text, texts, whole } from './fields.ts';

/** What containers get, and how long they may take. */
export interface ContainerOptions {
  /** In the data directory unless absolute. */
  readonly directory: string;
  /** Under which routers reach the apps. */
  readonly address: string;
  /** 0: what the machine has. */
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
  readonly firstPort: number;
  readonly lastPort: number;
  readonly gracefulShutdownMs: number;
  readonly unregisterWaitMs: number;
}

export interface CellSectionOptions {
  readonly cell: CellOptions;
  readonly containers: ContainerOptions;
}

type Duration = string | number;

export interface CellSections {
  readonly cell: {
    readonly enabled: boolean;
    readonly id: string;
    readonly zone: string;
    readonly host: string;
    readonly port: number;
    readonly rep_url: string;
    readonly bbs_address: string;
    readonly locket_address: string;
    readonly directory: string;
    readonly address: string;
    readonly memory_mb: number;
    readonly disk_mb: number;
    readonly max_containers: number;
    readonly first_port: number;
    readonly last_port: number;
    readonly preloaded_rootfs: readonly string[];
    readonly placement_tags: readonly string[];
    readonly optional_placement_tags: readonly string[];
    readonly polling_interval: Duration;
    readonly evacuation_polling_interval: Duration;
    readonly evacuation_timeout: Duration;
    readonly graceful_shutdown_interval: Duration;
    readonly unregister_wait: Duration;
    readonly lock_ttl: Duration;
    readonly communication_timeout: Duration;
    readonly simulation: boolean;
  };
  readonly auctioneer: {
    readonly enabled: boolean;
    readonly host: string;
    readonly port: number;
    readonly bbs_address: string;
    readonly cell_state_timeout: Duration;
    readonly communication_timeout: Duration;
    readonly starting_container_weight: number;
    readonly starting_container_count_maximum: number;
    readonly bin_pack_first_fit_weight: number;
  };
}

/** For the BBS to be told of the last stop. */
const STOP_GRACE_MS = 2000;

const BBS_ADDRESS = 'URL of a BBS elsewhere; empty: the one of this node';

export const cellProperties: Readonly<Record<string, TSchema>> = {
  auctioneer: section({
    enabled: flag(true, 'run the auctioneer, when there is a BBS'),
    host: text(LOOPBACK, HOST),
    port: port(9016, 'port of its HTTP API'),
    bbs_address: text('', BBS_ADDRESS),
    cell_state_timeout: duration('10s', 'for the state of one cell'),
    communication_timeout: duration('10s', 'of one other call to a cell or the BBS'),
    starting_container_weight: { type: 'number', default: 0.25, description: 'of the score' },
    starting_container_count_maximum: whole(0, 'containers that start at a time; 0: any number'),
    bin_pack_first_fit_weight: { type: 'number', default: 0, description: 'of the score' },
  }),
  cell: section({
    enabled: flag(true, 'run apps on this node, when there is a BBS'),
    id: text('cell-1', 'name of the cell; no other cell of the BBS has it'),
    zone: text('z1', 'availability zone: instances are spread over zones'),
    host: text(LOOPBACK, HOST),
    port: port(1800, 'port of the rep API'),
    rep_url: text('', 'under which others reach the rep API; empty: host and port'),
    bbs_address: text('', BBS_ADDRESS),
    locket_address: text('', 'host:port of a Locket elsewhere; empty: the one of this node'),
    directory: text('cell', 'of the containers, in data_dir unless absolute'),
    address: text(LOOPBACK, 'under which routers reach the apps'),
    memory_mb: whole(0, 'to give to containers; 0: the memory of the machine'),
    disk_mb: whole(0, 'to give to containers; 0: what is free on the disk'),
    max_containers: whole(250, 'at a time', 10_000),
    first_port: port(61_000, 'of those that apps listen on'),
    last_port: port(64_999, 'of those that apps listen on'),
    preloaded_rootfs: texts(['cflinuxfs4'], 'root file systems that are taken; all are the host'),
    placement_tags: texts([], 'an app must have all of them'),
    optional_placement_tags: texts([], 'an app may have them as well'),
    polling_interval: duration('30s', 'between two comparisons of containers and records'),
    evacuation_polling_interval: duration('10s', 'the same during an evacuation'),
    evacuation_timeout: duration('600s', 'an evacuation is over by then'),
    graceful_shutdown_interval: duration('10s', 'between SIGTERM and SIGKILL'),
    unregister_wait: duration('500ms', 'before SIGTERM, until routers have stopped sending'),
    lock_ttl: duration('15s', 'a cell that is silent for so long is lost'),
    communication_timeout: duration('10s', 'of one call to the BBS'),
    simulation: flag(false, 'POST /sim/reset ends all containers: for tests'),
  }),
};

/** Where the BBS is: elsewhere, or on this node. Undefined: nowhere. */
export function bbsUrlOf(
  address: string,
  controlPlane: ControlPlaneOptions | undefined,
): string | undefined {
  if (address !== '') return address;
  if (controlPlane === undefined) return undefined;
  const { host, port: own } = controlPlane.bbs;
  return `http://${host === '0.0.0.0' ? LOOPBACK : host}:${own}`;
}

function locketAddressOf(address: string, controlPlane: ControlPlaneOptions | undefined) {
  if (address !== '') return address;
  const locket = controlPlane?.locket;
  return locket && `${locket.host === '0.0.0.0' ? LOOPBACK : locket.host}:${locket.port}`;
}

/** A text: what is wrong. Undefined: off. */
export function toCell(
  { cell: given }: CellSections,
  controlPlane: ControlPlaneOptions | undefined,
): CellSectionOptions | string | undefined {
  const bbsUrl = bbsUrlOf(given.bbs_address, controlPlane);
  if (!given.enabled || bbsUrl === undefined) return undefined;
  const locketAddress = locketAddressOf(given.locket_address, controlPlane);
  if (locketAddress === undefined) return 'cell.locket_address: a cell needs Locket to be seen';
  if (given.first_port > given.last_port) return 'cell.last_port: is below cell.first_port';
  const gracefulShutdownMs = durationMs(given.graceful_shutdown_interval);
  const unregisterWaitMs = durationMs(given.unregister_wait);
  return {
    cell: {
      cellId: given.id,
      zone: given.zone,
      host: given.host,
      port: given.port,
      repUrl: given.rep_url,
      bbsUrl,
      bbsTls: undefined,
      locketAddress,
      locketTls: undefined,
      preloadedRootFs: given.preloaded_rootfs,
      placementTags: given.placement_tags,
      optionalPlacementTags: given.optional_placement_tags,
      pollingIntervalMs: durationMs(given.polling_interval),
      evacuationPollingIntervalMs: durationMs(given.evacuation_polling_interval),
      evacuationTimeoutMs: durationMs(given.evacuation_timeout),
      presenceTtlMs: durationMs(given.lock_ttl),
      communicationTimeoutMs: durationMs(given.communication_timeout),
      stopTimeoutMs: unregisterWaitMs + gracefulShutdownMs + STOP_GRACE_MS,
      isResettable: given.simulation,
    },
    containers: {
      directory: given.directory,
      address: given.address,
      memoryMb: given.memory_mb,
      diskMb: given.disk_mb,
      containers: given.max_containers,
      firstPort: given.first_port,
      lastPort: given.last_port,
      gracefulShutdownMs,
      unregisterWaitMs,
    },
  };
}

/** Undefined: off. */
export function toAuctioneer(
  { auctioneer: given }: CellSections,
  controlPlane: ControlPlaneOptions | undefined,
): AuctioneerOptions | undefined {
  const bbsUrl = bbsUrlOf(given.bbs_address, controlPlane);
  if (!given.enabled || bbsUrl === undefined) return undefined;
  return {
    host: given.host,
    port: given.port,
    tls: undefined,
    bbsUrl,
    bbsTls: undefined,
    repTls: undefined,
    generation: controlPlane?.bbs.generation ?? 'today',
    cellStateTimeoutMs: durationMs(given.cell_state_timeout),
    communicationTimeoutMs: durationMs(given.communication_timeout),
    startingContainerWeight: given.starting_container_weight,
    startingContainerCountMaximum: given.starting_container_count_maximum,
    binPackFirstFitWeight: given.bin_pack_first_fit_weight,
    lock: undefined,
  };
}
