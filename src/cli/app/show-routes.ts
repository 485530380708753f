/** `troupe routes`: what the router knows. */
import type { TableValue } from './output.ts';
import { fetchRoutes } from './router-calls.ts';
import type { Session } from './session.ts';

export async function showRoutes(session: Session): Promise<void> {
  const { out } = session;
  const routes = await fetchRoutes(session);
  if (out.isJson) {
    out.json(routes);
    return;
  }
  const rows = Object.entries(routes).flatMap(([host, endpoints]): TableValue[][] =>
    endpoints.length === 0
      ? [[host, '-', '-', '-', '-']]
      : endpoints.map(({ address, tags, private_instance_id, ttl }) => [
          host,
          address,
          tags?.['app_name'] ?? tags?.['source_id'] ?? tags?.['component'] ?? '-',
          private_instance_id ?? '-',
          `${ttl} s`,
        ]),
  );
  if (rows.length === 0) out.line('The router has no routes.');
  else out.table(['HOST', 'ADDRESS', 'APP', 'INSTANCE', 'TTL'], rows);
}
