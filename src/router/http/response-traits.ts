import type { Forward } from '../policy/decide.ts';
import type { ResponseTraits } from '../policy/edit-response.ts';
import type { HeaderList } from '../policy/header-list.ts';
import type { Endpoint } from '../table/endpoint.ts';
import { stickySetCookie } from '../table/sticky-session.ts';
import type { EngineContext, Exchange } from './exchange.ts';

/** What the router adds to an endpoint's answer: request id, sticky cookie, trace. */
export function responseTraits(
  exchange: Exchange,
  forward: Forward,
  endpoint: Endpoint | undefined,
  headers: HeaderList,
  { options, routerAddress }: EngineContext,
): ResponseTraits {
  const { traceKey, sticky } = options.headers;
  const cookie = stickySetCookie(
    {
      requestedEndpointId: forward.sticky.endpointId,
      instanceId: endpoint?.privateInstanceId ?? '',
      contextPath: forward.pool.contextPath,
      setCookieLines: headers.all('set-cookie'),
      wwwAuthenticate: headers.get('www-authenticate') ?? '',
    },
    sticky,
  );
  const isTraced = traceKey !== '' && exchange.head.headers.get('x-vcap-trace') === traceKey;
  return {
    requestId: exchange.requestId,
    stickyCookie: cookie ?? '',
    trace: isTraced ? { router: routerAddress, endpoint: endpoint?.address ?? '' } : undefined,
  };
}
