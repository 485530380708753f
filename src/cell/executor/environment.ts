/** What a process of a container sees (diego.md §13.5 "Environment added"). Pure. */
import type { EnvironmentVariable } from '../../model/bbs/messages/common.ts';
import type { ContainerOwner, PortMap } from './executor.ts';

export interface EnvironmentSource {
  readonly base: Readonly<Record<string, string>>;
  readonly owner: ContainerOwner;
  readonly address: string;
  readonly ports: readonly PortMap[];
  readonly home: string;
  readonly temporary: string;
  readonly memoryMb: number;
  /** Of the LRP or task, and of the run action, which wins. */
  readonly ofContainer: readonly EnvironmentVariable[];
  readonly ofAction: readonly EnvironmentVariable[];
}

type Variables = Record<string, string>;

function instanceVariables({ owner, address, ports }: EnvironmentSource): Variables {
  const first = ports[0];
  const pairs = ports.map(({ containerPort, hostPort }) => ({
    external: hostPort,
    internal: containerPort,
  }));
  const variables: Variables = {
    CF_INSTANCE_IP: address,
    CF_INSTANCE_INTERNAL_IP: address,
    CF_INSTANCE_PORT: first === undefined ? '' : String(first.hostPort),
    CF_INSTANCE_ADDR: first === undefined ? '' : `${address}:${first.hostPort}`,
    CF_INSTANCE_PORTS: JSON.stringify(pairs),
  };
  if (owner.lifecycle === 'task') return variables;
  const index = String(owner.index);
  variables['INSTANCE_INDEX'] = index;
  variables['INSTANCE_GUID'] = owner.instanceGuid;
  variables['CF_INSTANCE_INDEX'] = index;
  variables['CF_INSTANCE_GUID'] = owner.instanceGuid;
  return variables;
}

function hostVariables(source: EnvironmentSource): Variables {
  const { home, temporary, memoryMb, ports } = source;
  const variables: Variables = {
    HOME: home,
    TMPDIR: temporary,
    USER: 'vcap',
    VCAP_APP_HOST: '0.0.0.0',
  };
  if (memoryMb > 0) variables['MEMORY_LIMIT'] = `${memoryMb}m`;
  const first = ports[0];
  if (first !== undefined) {
    variables['PORT'] = String(first.hostPort);
    variables['VCAP_APP_PORT'] = String(first.hostPort);
  }
  return variables;
}

/** Later ones win. A name with `=` or a zero byte cannot be given to a process. */
const given = (variables: readonly EnvironmentVariable[]): Variables => {
  const kept = variables.filter(({ name }) => name !== '' && !/[=\0]/.test(name));
  return Object.fromEntries(kept.map(({ name, value }) => [name, value.replaceAll('\0', '')]));
};

/**
 * A process listens on the host's own network. A PORT that names a port of the container is
 * therefore turned into the host's port that stands for it.
 */
function mapPorts(variables: Variables, ports: readonly PortMap[]): void {
  for (const name of ['PORT', 'VCAP_APP_PORT']) {
    const found = ports.find(({ containerPort }) => String(containerPort) === variables[name]);
    if (found !== undefined) variables[name] = String(found.hostPort);
  }
}

/** The whole environment of one process; nothing of the node's own but PATH and LANG. */
export function environmentOf(source: EnvironmentSource): Variables {
  const variables = {
    ...source.base,
    ...hostVariables(source),
    ...given(source.ofContainer),
    ...instanceVariables(source),
    ...given(source.ofAction),
  };
  mapPorts(variables, source.ports);
  return variables;
}
