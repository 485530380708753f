/** The bounds of the BBS, of Locket and of the receptor, from the constants themselves. */

import { LOCKET_LIMITS } from '../../src/bbs/locket/options.ts';
import { BBS_LIMITS } from '../../src/bbs/options.ts';
import { RECEPTOR_LIMITS } from '../../src/bbs/receptor/options.ts';
import { MAX_DEPTH } from '../../src/model/protobuf/decode.ts';
import { type Limit, limit } from './limit.ts';

function bbsLimits(): Limit[] {
  const own = BBS_LIMITS;
  return [
    limit('body of a BBS request', own.bodyBytes, 'bytes', 'InvalidRequest'),
    limit('nesting of a message', MAX_DEPTH, 'levels', 'InvalidRequest'),
    limit('BBS connections', own.connections, 'sockets', 'refused'),
    limit('time for the head of a BBS request', own.headersTimeoutMs, 'ms', 'closed'),
    limit('time for a whole BBS request', own.requestTimeoutMs, 'ms', 'closed'),
    limit('event streams', own.subscribers, 'streams', '500'),
    limit('events that wait for a subscriber', own.pendingEvents, 'events', 'stream ended'),
    limit('instances of a desired LRP', own.instances, 'instances', 'InvalidRequest'),
    limit('rows of one transaction', own.transactionRows, 'rows', 'the rest comes next'),
    limit('tries of a write', own.writeAttempts, 'tries', 'ResourceConflict'),
    limit('tries to stop a retired instance', own.stopAttempts, 'tries', 'the last error'),
    limit('calls to cells at a time', own.repCalls, 'calls', 'the rest waits'),
    limit('calls to cells that wait', own.repCallsWaiting, 'calls', 'dropped; convergence repeats'),
    limit('auction requests that wait', own.auctionsWaiting, 'requests', 'as above'),
    limit('tries of an auction request', own.auctionAttempts, 'tries', 'as above'),
    limit('tries of a task callback', own.callbackAttempts, 'tries', 'convergence repeats'),
    limit('convergence commands at a time', own.convergenceWorkers, 'commands', 'the rest waits'),
    limit('age of an UNCLAIMED row', own.staleUnclaimedMs, 'ms', 'auctioned again'),
  ];
}

function locketLimits(): Limit[] {
  const own = LOCKET_LIMITS;
  return [
    limit('Locket message', own.messageBytes, 'bytes', 'RESOURCE_EXHAUSTED'),
    limit('Locket connections', own.connections, 'sockets', 'refused'),
    limit('Locket calls of a connection', own.streams, 'calls', 'the rest waits'),
    limit('Locket time to live', own.ttlSeconds, 's', 'INVALID_ARGUMENT'),
    limit('Locket tries of a write', own.attempts, 'tries', 'UNAVAILABLE'),
  ];
}

function receptorLimits(): Limit[] {
  const own = RECEPTOR_LIMITS;
  return [
    limit('receptor body', own.bodyBytes, 'bytes', '413'),
    limit('receptor connections', own.connections, 'sockets', 'refused'),
    limit('receptor event streams', own.streams, 'streams', '503'),
    limit('receptor events that wait', own.pendingEvents, 'events', 'stream ended'),
  ];
}

export const controlPlaneLimits = (): Limit[] => [
  ...bbsLimits(),
  ...locketLimits(),
  ...receptorLimits(),
];
