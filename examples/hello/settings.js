// What the app can be told, by environment or by flag: `node examples/hello --route api.localhost`.
import { parseArgs } from 'node:util';

const FLAGS = {
  nats: { type: 'string' },
  route: { type: 'string' },
  port: { type: 'string' },
  instance: { type: 'string' },
  ip: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

export const HELP = `node examples/hello [flags]   a small app that registers itself at the router
  --nats <url>       NATS server, or several with commas   NATS_URL        nats://127.0.0.1:4222
  --route <name>     host name, or several with commas     ROUTE           hello.localhost
  --port <number>    port to listen on; 0: any free one    PORT            0
  --instance <n>     index of this instance                INSTANCE        0
  --ip <address>     address that the router dials         CF_INSTANCE_IP  127.0.0.1

On a cell (CF_INSTANCE_GUID or VCAP_APPLICATION is set) it registers nothing: the cell does.
`;

/** Where another one tells the router of us. */
const isOnCell = ({ CF_INSTANCE_GUID, VCAP_APPLICATION }) =>
  Boolean(CF_INSTANCE_GUID) || Boolean(VCAP_APPLICATION);

const indexOf = ({ CF_INSTANCE_INDEX, INSTANCE_INDEX, INSTANCE }) =>
  CF_INSTANCE_INDEX ?? INSTANCE_INDEX ?? INSTANCE ?? '0';

/** The flags win over the environment. Throws an error with a clear text. */
export function readSettings(argv, environment) {
  const { values } = parseArgs({ args: argv, options: FLAGS });
  const port = Number(values.port ?? environment.PORT ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error('the port must be a whole number from 0 to 65535');
  }
  const instance = values.instance ?? indexOf(environment);
  if (!/^[0-9]{1,6}$/.test(instance)) throw new Error('the instance must be a whole number');
  const address = values.ip ?? environment.CF_INSTANCE_IP;
  // Without an address of its own the app is for this machine only.
  const isLocal = address === undefined || address === '127.0.0.1';
  return {
    isHelpWanted: values.help === true,
    isRegistering: !isOnCell(environment),
    natsServers: (values.nats ?? environment.NATS_URL ?? 'nats://127.0.0.1:4222').split(','),
    routes: (values.route ?? environment.ROUTE ?? 'hello.localhost').split(','),
    port,
    instance,
    address: address ?? '127.0.0.1',
    listenAddress: isLocal ? '127.0.0.1' : undefined,
  };
}
