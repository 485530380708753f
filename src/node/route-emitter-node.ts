/** The tree of the route-emitter alone, in the place of the original program. */
import type { NatsOptions } from '../config/nats-options.ts';
import type { ActorSystem } from '../kernel/actor-system.ts';
import { createBusHub } from '../messaging/bus-hub.ts';
import type { MessagingPorts } from '../messaging/index.ts';
import {
  createRouteEmitterChildren,
  ROUTE_EMITTER_NATS_LISTENERS,
} from '../route-emitter/index.ts';
import type { RouteEmitterOptions } from '../route-emitter/options.ts';
import { messagingChildren, NODE_LIMITS } from './start-node.ts';
import { createTree } from './tree.ts';

export interface RouteEmitterNodeOptions {
  readonly emitter: RouteEmitterOptions;
  readonly nats: NatsOptions;
}

/** Builds the tree; nothing runs before `start()`. */
export function createRouteEmitterNode(
  { emitter, nats }: RouteEmitterNodeOptions,
  ports: MessagingPorts,
): ActorSystem {
  const hub = createBusHub();
  const readyTimeoutMs = NODE_LIMITS.readyTimeoutMs;
  return createTree(
    { ...ports, supervision: undefined, readyTimeoutMs },
    ({ supervisor, notify }) => [
      supervisor(
        'messaging',
        'rest_for_one',
        messagingChildren(nats, ports, notify, hub, ROUTE_EMITTER_NATS_LISTENERS),
      ),
      supervisor(
        'route-emitter',
        'rest_for_one',
        createRouteEmitterChildren(emitter, { ...ports, bus: hub, notify }),
      ),
    ],
  );
}
