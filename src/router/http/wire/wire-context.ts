import type { EngineContext } from '../exchange.ts';
import type { UpgradedConnections } from '../upgraded-connections.ts';
import type { EndpointPools } from './endpoint-pools.ts';
import type { TimerWheel } from './timer-wheel.ts';

/** What every request of a listener shares. */
export interface WireContext {
  readonly engine: EngineContext;
  readonly wheel: TimerWheel;
  readonly pools: EndpointPools;
  readonly upgraded: UpgradedConnections;
  readonly httpDate: (wallMs: number) => string;
}
