/** The measured operations: their requests, and what Diego's BBS does on the same machine. */
import {
  ActualLRPsRequest,
  ClaimActualLRPRequest,
  StartActualLRPRequest,
} from '../../src/model/bbs/messages/actual-lrp.ts';
import {
  DesiredLRPByProcessGuidRequest,
  DesireLRPRequest,
  RemoveDesiredLRPRequest,
} from '../../src/model/bbs/messages/desired-lrp.ts';
import { encode } from '../../src/model/protobuf/encode.ts';
import type { MessageType } from '../../src/model/protobuf/fields.ts';
import {
  desiredLrp,
  instanceKey,
  lrpKey,
  metricTags,
  netInfo,
  processGuidOf,
} from './lrp-messages.ts';

export type OperationName = 'desire' | 'claim' | 'start' | 're-start' | 'get' | 'list' | 'remove';

export interface Request {
  readonly path: string;
  readonly body: Buffer;
}

/** Of Diego's BBS on PostgreSQL, 2 cores, 32 clients: requests per second, or ms of one. */
export interface Reference {
  readonly unit: '/s' | 'ms';
  readonly diego: number;
}

const perSecond = (diego: number): Reference => ({ unit: '/s', diego });

export const REFERENCES: Readonly<Record<OperationName, Reference>> = {
  desire: perSecond(930),
  claim: perSecond(1450),
  start: perSecond(1300),
  're-start': perSecond(1300),
  get: perSecond(4250),
  list: { unit: 'ms', diego: 45 },
  remove: perSecond(142),
};

/** The target is this many times better than the reference (DESIGN §10). */
export const TARGET_FACTOR = 5;

export const LISTED_LRPS = 5000;
const DOMAIN = 'cf-apps';
const CELLS = 100;

const request = <T>(path: string, type: MessageType<T>, fields: Partial<T>): Request => ({
  path,
  body: encode(type, type.create(fields)),
});

const startOf = (app: number, version: number): Request =>
  request('/v1/actual_lrps/start.r1', StartActualLRPRequest, {
    actual_lrp_key: lrpKey(app, 0, DOMAIN),
    actual_lrp_instance_key: instanceKey(app, 0, app % CELLS),
    actual_lrp_net_info: netInfo(app, version),
    metric_tags: metricTags(app),
    Routable: true,
    availability_zone: 'z1',
  });

/** The request of one operation on the app with this number. */
export const REQUESTS: Readonly<Record<OperationName, (app: number) => Request>> = {
  desire: (app) =>
    request('/v1/desired_lrp/desire.r2', DesireLRPRequest, {
      desired_lrp: desiredLrp(app, 1, DOMAIN),
    }),
  claim: (app) =>
    request('/v1/actual_lrps/claim', ClaimActualLRPRequest, {
      process_guid: processGuidOf(app),
      index: 0,
      actual_lrp_instance_key: instanceKey(app, 0, app % CELLS),
    }),
  start: (app) => startOf(app, 0),
  're-start': (app) => startOf(app, 1),
  get: (app) =>
    request('/v1/desired_lrps/get_by_process_guid.r3', DesiredLRPByProcessGuidRequest, {
      process_guid: processGuidOf(app),
    }),
  list: () => request('/v1/actual_lrps/list', ActualLRPsRequest, {}),
  remove: (app) =>
    request('/v1/desired_lrp/remove', RemoveDesiredLRPRequest, {
      process_guid: processGuidOf(app),
    }),
};
