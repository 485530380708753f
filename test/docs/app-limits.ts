/** The bounds of what runs apps, from the constants themselves. */
import { AUCTIONEER_LIMITS } from '../../src/auctioneer/options.ts';
import { EXECUTOR_DEFAULTS, EXECUTOR_LIMITS } from '../../src/cell/executor/options.ts';
import { CELL_LIMITS } from '../../src/cell/options.ts';
import { BBS_CLIENT_LIMITS } from '../../src/clients/bbs-client.ts';
import { MAX_SENT_EVENT_BYTES } from '../../src/clients/read-event-stream.ts';
import { FILE_SERVER_DEFAULTS, FILE_SERVER_LIMITS } from '../../src/file-server/options.ts';
import { ROUTE_EMITTER_LIMITS } from '../../src/route-emitter/options.ts';
import { type Limit, limit } from './limit.ts';

function emitterLimits(): Limit[] {
  const own = ROUTE_EMITTER_LIMITS;
  return [
    limit('answer of a BBS', BBS_CLIENT_LIMITS.answerBytes, 'bytes', 'the call fails'),
    limit('one event of a stream', MAX_SENT_EVENT_BYTES, 'bytes', 'stream ended, opened again'),
    limit('emitter work per turn', own.sliceMs, 'ms', 'others get their turn'),
    limit('events that wait for a sync', own.cachedEvents, 'events', 'another sync'),
    limit('desired LRPs asked for at a time', own.refreshes, 'calls', 'the next sync has them'),
    limit('events that wait for one of these', own.eventsPerRefresh, 'events', 'as above'),
    limit('unregistrations repeated', own.unregistrations, 'messages', 'further ones sent once'),
    limit('register interval of a router', own.registerIntervalMs, 'ms', 'its answer is ignored'),
    limit('pause after a failed sync', own.syncRetryMs, 'ms', 'tries for ever'),
  ];
}

function auctioneerLimits(): Limit[] {
  const own = AUCTIONEER_LIMITS;
  return [
    limit('auction request', own.bodyBytes, 'bytes', '413'),
    limit('auctioneer connections', own.connections, 'sockets', 'refused'),
    limit('instances that wait for an auction', own.waitingLrps, 'instances', 'dropped, counted'),
    limit('tasks that wait for an auction', own.waitingTasks, 'tasks', 'dropped, counted'),
    limit('state of a cell', own.stateBytes, 'bytes', 'the cell is left out'),
    limit('calls to cells of an auction', own.cellCalls, 'calls', 'the rest waits'),
    limit('cells of an auction', own.cells, 'cells', 'the rest is left out'),
    limit('rounds without any cell', own.stateAttempts, 'rounds', 'placement error'),
    limit('placements per turn', own.sliceMs, 'ms', 'others get their turn'),
  ];
}

function repLimits(): Limit[] {
  const own = CELL_LIMITS;
  return [
    limit('rep request', own.bodyBytes, 'bytes', '413'),
    limit('rep connections', own.connections, 'sockets', 'refused'),
    limit('items of a POST /work', own.workItems, 'items', '400'),
    limit('containers looked after at a time', own.operations, 'containers', 'the rest waits'),
    limit('containers that wait for it', own.operationsWaiting, 'containers', 'next pass'),
    limit('readers of logs', own.logReaders, 'streams', '503'),
    limit('log lines that wait for a reader', own.logLinesWaiting, 'lines', 'stream cut'),
    limit('wait for the list of cells', own.lookTimeoutMs, 'ms', 'no evacuation'),
  ];
}

function containerLimits(): Limit[] {
  const own = EXECUTOR_LIMITS;
  return [
    limit('processes of a container', EXECUTOR_DEFAULTS.maxPids, 'processes', 'killed, crash'),
    limit('time to be healthy or run', EXECUTOR_DEFAULTS.reservedTimeoutMs, 'ms', 'crash'),
    limit('result of a task', own.resultFileBytes, 'bytes', 'failed to fetch result'),
    limit('reason of a failure', own.failureReasonCharacters, 'characters', 'cut'),
    limit('ports of a container', own.ports, 'ports', 'refused'),
    limit('actions inside of actions', own.actionDepth, 'levels', 'crash'),
    limit('line of a log', own.lineBytes, 'bytes', 'cut into several'),
    limit('log lines of a container', EXECUTOR_DEFAULTS.logLinesPerSecond, 'lines/s', 'dropped'),
    limit('log bytes of a container', EXECUTOR_DEFAULTS.logBytesPerSecond, 'bytes/s', 'dropped'),
    limit('log lines kept of an app', EXECUTOR_DEFAULTS.logLinesKept, 'lines', 'oldest dropped'),
    limit('log bytes kept of an app', own.keptBytesPerApp, 'bytes', 'oldest dropped'),
    limit('log bytes kept in all', own.keptBytes, 'bytes', 'oldest app dropped'),
    limit('output read of a container', own.readBytesPerSecond, 'bytes/s', 'it has to wait'),
    limit('download', own.downloadBytes, 'bytes', 'crash'),
    limit('time of a download', own.downloadTimeoutMs, 'ms', 'crash'),
    limit('redirects of a download', own.redirects, 'hops', 'crash'),
    limit('entries of an archive', own.archiveEntries, 'entries', 'crash'),
    limit('archive unpacked', own.unpackedBytes, 'bytes', 'crash'),
    limit('time of an upload', own.uploadTimeoutMs, 'ms', 'crash'),
    limit('monitor action', own.monitorTimeoutMs, 'ms', 'unhealthy'),
    limit('killing of a container', own.killTimeoutMs, 'ms', 'logged; next start reaps'),
  ];
}

function fileServerLimits(): Limit[] {
  const own = FILE_SERVER_LIMITS;
  const { maxDropletBytes, maxTotalBytes, maxDroplets } = FILE_SERVER_DEFAULTS;
  return [
    limit('droplet', maxDropletBytes, 'bytes', '413'),
    limit('all droplets', maxTotalBytes, 'bytes', '507'),
    limit('droplets kept', maxDroplets, 'droplets', 'the longest unused is deleted'),
    limit('file server connections', own.connections, 'sockets', 'refused'),
    limit('uploads at a time', own.uploads, 'uploads', '503'),
    limit('time of a file server request', own.requestTimeoutMs, 'ms', 'closed'),
    limit('silent file server client', own.silentMs, 'ms', 'closed'),
    limit('name of a droplet', own.nameCharacters, 'characters', '400'),
  ];
}

export const appLimits = (): Limit[] => [
  ...emitterLimits(),
  ...auctioneerLimits(),
  ...repLimits(),
  ...containerLimits(),
  ...fileServerLimits(),
];
