/** What Cloud Controller and cells ask of a BBS, in short. */

import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createBbsClient } from '../../../src/clients/bbs-client.ts';
import { Action, RunAction } from '../../../src/model/bbs/messages/actions.ts';
import {
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPLifecycleResponse,
  ActualLRPNetInfo,
  ClaimActualLRPRequest,
  CrashActualLRPRequest,
  PortMapping,
  RemoveActualLRPRequest,
  StartActualLRPRequest,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { MetricTagValue, ProtoRoutes } from '../../../src/model/bbs/messages/common.ts';
import {
  DesiredLRP,
  DesiredLRPLifecycleResponse,
  DesiredLRPUpdate,
  DesireLRPRequest,
  RemoveDesiredLRPRequest,
  UpdateDesiredLRPRequest,
} from '../../../src/model/bbs/messages/desired-lrp.ts';
import type { MessageType } from '../../../src/model/protobuf/fields.ts';

export interface Placed {
  readonly guid: string;
  readonly index?: number;
  readonly instance: string;
  readonly cell?: string;
  readonly address?: string;
  /** container port → host port */
  readonly mapped?: readonly (readonly [number, number])[];
}

export const routesOf = (routes: Readonly<Record<string, unknown>>): ProtoRoutes =>
  ProtoRoutes.create({
    routes: new Map(
      Object.entries(routes).map(([key, value]) => [key, Buffer.from(JSON.stringify(value))]),
    ),
  });

export const httpRoute = (...hostnames: readonly string[]) => ({
  'cf-router': [{ hostnames, port: 8080 }],
});

type Call = <Q, R extends { readonly error: unknown }>(
  path: string,
  request: MessageType<Q>,
  response: MessageType<R>,
  fields: Partial<Q>,
) => Promise<void>;

export function createBbsCommands(url: string, domain = 'cf-apps') {
  const client = createBbsClient({
    clock: createRealClock(),
    url,
    tls: undefined,
    timeoutMs: 10_000,
  });
  const call: Call = async (path, request, response, fields) => {
    const answer = await client.invoke(path, request, response, fields);
    if (!answer.ok) throw new Error(answer.message);
    if (answer.value.error !== undefined) throw new Error(JSON.stringify(answer.value.error));
  };
  return {
    ...desiredCommands(call, domain),
    ...actualCommands(call, domain),
    close: () => client.close(),
  };
}

function actualCommands(call: Call, domain: string) {
  const key = ({ guid, index = 0 }: Placed) =>
    ActualLRPKey.create({ process_guid: guid, index, domain });
  const instanceKey = ({ instance, cell = 'cell-a' }: Placed) =>
    ActualLRPInstanceKey.create({ instance_guid: instance, cell_id: cell });
  const lifecycle = ActualLRPLifecycleResponse;
  return {
    claim: (placed: Placed) =>
      call('/v1/actual_lrps/claim', ClaimActualLRPRequest, lifecycle, {
        process_guid: placed.guid,
        index: placed.index ?? 0,
        actual_lrp_instance_key: instanceKey(placed),
      }),
    start: (placed: Placed) =>
      call('/v1/actual_lrps/start.r1', StartActualLRPRequest, lifecycle, {
        actual_lrp_key: key(placed),
        actual_lrp_instance_key: instanceKey(placed),
        Routable: true,
        actual_lrp_net_info: ActualLRPNetInfo.create({
          address: placed.address ?? '10.0.0.1',
          instance_address: '10.255.0.1',
          ports: (placed.mapped ?? [[8080, 61_000]]).map(([container, host]) =>
            PortMapping.create({ container_port: container, host_port: host }),
          ),
        }),
      }),
    crash: (placed: Placed) =>
      call('/v1/actual_lrps/crash', CrashActualLRPRequest, lifecycle, {
        actual_lrp_key: key(placed),
        actual_lrp_instance_key: instanceKey(placed),
        error_message: 'boom',
      }),
    remove: (placed: Placed) =>
      call('/v1/actual_lrps/remove', RemoveActualLRPRequest, lifecycle, {
        process_guid: placed.guid,
        index: placed.index ?? 0,
        actual_lrp_instance_key: instanceKey(placed),
      }),
  };
}

function desiredCommands(call: Call, domain: string) {
  const desired = DesiredLRPLifecycleResponse;
  return {
    desire: (fields: Partial<DesiredLRP>) =>
      call('/v1/desired_lrp/desire.r2', DesireLRPRequest, desired, {
        desired_lrp: DesiredLRP.create({
          domain,
          root_fs: 'preloaded:cflinuxfs4',
          instances: 1,
          ports: [8080],
          log_guid: 'log',
          metric_tags: new Map([['source_id', MetricTagValue.create({ static: 'log' })]]),
          action: Action.create({ run_action: RunAction.create({ path: '/a', user: 'vcap' }) }),
          ...fields,
        }),
      }),
    update: (guid: string, fields: Partial<DesiredLRPUpdate>) =>
      call('/v1/desired_lrp/update', UpdateDesiredLRPRequest, desired, {
        process_guid: guid,
        update: DesiredLRPUpdate.create(fields),
      }),
    removeDesired: (guid: string) =>
      call('/v1/desired_lrp/remove', RemoveDesiredLRPRequest, desired, { process_guid: guid }),
  };
}
