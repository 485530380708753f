import type { ControlPlaneOptions } from '../config/bbs-options.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { VERSION } from './version.ts';

export interface BannerFacts {
  readonly tookMs: number;
  /** Empty: standard output. */
  readonly logFile: string;
  readonly accessLogFile: string;
}

function controlPlaneLines(options: ControlPlaneOptions | undefined): string[] {
  if (options === undefined) return [];
  const { bbs, locket, receptor } = options;
  const others = [
    ...(receptor === undefined ? [] : [`receptor http://${receptor.host}:${receptor.port}`]),
    ...(locket === undefined ? [] : [`Locket ${locket.host}:${locket.port}`]),
  ];
  return [`  BBS      ${[`http://${bbs.host}:${bbs.port}`, ...others].join('  ')}`];
}

function appLines({ cell, auctioneer, fileServer }: NodeConfig): string[] {
  const at = ({ host, port }: { readonly host: string; readonly port: number }): string =>
    `http://${host}:${port}`;
  const parts = [
    ...(cell === undefined ? [] : [`${cell.cell.cellId} ${at(cell.cell)}`]),
    ...(auctioneer === undefined ? [] : [`auctioneer ${at(auctioneer)}`]),
    ...(fileServer === undefined ? [] : [`droplets ${at(fileServer)}`]),
  ];
  return parts.length === 0 ? [] : [`  cell     ${parts.join('  ')}`];
}

/** What a person needs to know when the node is up: where everything is, and what to do next. */
export function banner(config: NodeConfig, facts: BannerFacts): string {
  const { router, nats, controlPlane } = config;
  const { status } = router;
  const isEmbedded = nats.servers.length === 0;
  const bus = isEmbedded
    ? `nats://${nats.embedded.host}:${nats.embedded.port}  (embedded)`
    : `${nats.servers.join(', ')}`;
  const lines = [
    `Troupe ${VERSION}: the node is up after ${(facts.tookMs / 1000).toFixed(2)} s`,
    '',
    `  apps     http://localhost:${router.port}  (chosen by the Host header)`,
    `  status   http://${status.host}:${status.port}/health /routes /varz /metrics`,
    ...(config.inspector === undefined
      ? []
      : [`  inspect  http://${status.host}:${status.port}/inspector/`]),
    `           user ${status.user}  password ${status.password}`,
    `  NATS     ${bus}`,
    ...controlPlaneLines(controlPlane),
    ...appLines(config),
    `  logs     ${facts.logFile || 'standard output'}, ${facts.accessLogFile || 'no access log'}`,
    '',
    '  Next, in another terminal:',
    ...(config.cell === undefined
      ? [
          '    node examples/hello',
          `    curl -H 'Host: hello.localhost' http://localhost:${router.port}`,
        ]
      : ['    npx troupe push examples/hello', `    curl http://hello.localhost:${router.port}`]),
    '  Ctrl-C stops the node.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}
