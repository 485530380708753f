/** The sections of the node's file for what serves routes and droplets. */
import { type TSchema, Type } from 'typebox';
import type { RouteEmitterOptions } from '../route-emitter/options.ts';
import type { ControlPlaneOptions } from './bbs-options.ts';
import { bbsUrlOf } from './cell-section.ts';
import { durationMs } from './duration.ts';
import { duration, flag, HOST, LOOPBACK, port, section, text, whole } from './fields.ts';

export interface FileServerSection {
  readonly enabled: boolean;
  readonly host: string;
  readonly port: number;
  readonly directory: string;
}

export interface RouteEmitterSections {
  readonly route_emitter: {
    readonly enabled: boolean;
    readonly bbs_address: string;
    readonly cell_id: string;
    readonly message_style: RouteEmitterOptions['messageStyle'];
    readonly sync_interval: string | number;
    readonly jitter_factor: number;
    readonly unregistration_interval: string | number;
    readonly unregistration_send_count: number;
    readonly communication_timeout: string | number;
    readonly enable_internal_emitter: boolean;
  };
  readonly file_server: FileServerSection;
}

export const routeEmitterProperties: Readonly<Record<string, TSchema>> = {
  route_emitter: section({
    enabled: flag(true, 'tell routers of the apps, when there is a BBS'),
    bbs_address: text('', 'URL of a BBS elsewhere; empty: the one of this node'),
    cell_id: text('', 'only instances of this cell; empty: of all'),
    message_style: Type.Enum(['per-hostname', 'per-endpoint'], {
      default: 'per-hostname',
      description: 'one message for each hostname, or as in 2015 for each endpoint',
    }),
    sync_interval: duration('60s', 'between two syncs with the BBS'),
    jitter_factor: { type: 'number', default: 0.2, description: 'of the register interval' },
    unregistration_interval: duration('30s', 'between two repetitions of an unregistration'),
    unregistration_send_count: whole(20, 'repetitions of an unregistration', 1000),
    communication_timeout: duration('30s', 'of one request to the BBS'),
    enable_internal_emitter: flag(false, 'tell the service discovery of internal routes'),
  }),
  file_server: section({
    enabled: flag(true, 'keep droplets for the cells, when there is a BBS'),
    host: text(LOOPBACK, HOST),
    port: port(8083, 'port of the file server'),
    directory: text('droplets', 'of the files, in data_dir unless absolute'),
  }),
};

/** Undefined: off. */
export function toRouteEmitter(
  { route_emitter: given }: RouteEmitterSections,
  controlPlane: ControlPlaneOptions | undefined,
): RouteEmitterOptions | undefined {
  const url = bbsUrlOf(given.bbs_address, controlPlane);
  if (!given.enabled || url === undefined) return undefined;
  return {
    source: { type: 'bbs', url, tls: undefined },
    cellId: given.cell_id,
    messageStyle: given.message_style,
    isDirectInstanceRoutes: false,
    isInternalEnabled: given.enable_internal_emitter,
    syncIntervalMs: durationMs(given.sync_interval),
    jitterFactor: given.jitter_factor,
    unregistrationIntervalMs: durationMs(given.unregistration_interval),
    unregistrationSendCount: given.unregistration_send_count,
    communicationTimeoutMs: durationMs(given.communication_timeout),
    health: undefined,
  };
}
