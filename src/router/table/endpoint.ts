import { isSameTag, type ModificationTag } from '../../model/modification-tag.ts';
import type { LoadBalancingOption, RegistryMessage, Tags } from '../../model/registry-message.ts';
import { areTagsEqual, isSameOption, type ValueSharer } from './share-values.ts';

/** What a message says about its endpoint after this router's settings have been applied. */
export interface EndpointDescription {
  readonly message: RegistryMessage;
  readonly port: number;
  readonly isTls: boolean;
  readonly protocol: string;
  readonly staleThresholdMs: number;
}

export interface EndpointSettings {
  readonly isHttp2Enabled: boolean;
  readonly dropletStaleThresholdMs: number;
}

export function describeEndpoint(
  message: RegistryMessage,
  settings: EndpointSettings,
): EndpointDescription {
  const isTls = message.tlsPort !== 0;
  return {
    message,
    port: isTls ? message.tlsPort : message.port,
    isTls,
    protocol: protocolOf(message.protocol, settings.isHttp2Enabled),
    staleThresholdMs: staleThresholdMsOf(
      message.staleThresholdSeconds * 1000,
      settings.dropletStaleThresholdMs,
    ),
  };
}

function protocolOf(protocol: string, isHttp2Enabled: boolean): string {
  if (protocol === '' || (protocol === 'http2' && !isHttp2Enabled)) return 'http1';
  return protocol;
}

/** gorouter.md §2.3: a negative one is kept, so such an endpoint goes with the next prune. */
function staleThresholdMsOf(ownMs: number, routerMs: number): number {
  return ownMs === 0 || ownMs > routerMs ? routerMs : ownMs;
}

/**
 * One backend address as one message described it; all uris of that message share the object.
 * Only the count of open exchanges changes.
 */
export class Endpoint {
  readonly host: string;
  readonly port: number;
  /** `host:port`, the identity within a pool. */
  readonly address: string;
  readonly isTls: boolean;
  readonly applicationId: string;
  readonly privateInstanceId: string;
  readonly privateInstanceIndex: string;
  readonly tags: Tags | undefined;
  readonly isolationSegment: string;
  readonly availabilityZone: string;
  readonly serverCertDomainSan: string;
  readonly protocol: string;
  readonly routeServiceUrl: string;
  readonly staleThresholdMs: number;
  readonly endpointUpdatedAtNs: number;
  readonly loadBalancing: LoadBalancingOption;
  readonly modificationTag: ModificationTag;
  /**
   * Idle backend connections may be kept under this number. A new registration of the address
   * keeps it if it names the same certificate (gorouter.md §3.3), any other gets a new one.
   */
  readonly connectionPoolId: number;
  /** Exchanges in flight, from the choice of the endpoint to the end of the response. */
  openConnections = 0;

  constructor(description: EndpointDescription, connectionPoolId: number, share: ValueSharer) {
    const { message, port } = description;
    this.host = share.text(message.host);
    this.port = port;
    // Not a template: this gives a flat string of half the size.
    this.address = [message.host, port].join(':');
    this.isTls = description.isTls;
    this.applicationId = share.text(message.applicationId);
    this.privateInstanceId = share.text(message.privateInstanceId);
    this.privateInstanceIndex = share.text(message.privateInstanceIndex);
    this.tags = share.sharedTags(message.tags);
    this.isolationSegment = share.text(message.isolationSegment);
    this.availabilityZone = share.text(message.availabilityZone);
    this.serverCertDomainSan = share.text(message.serverCertDomainSan);
    this.protocol = share.text(description.protocol);
    this.routeServiceUrl = share.text(message.routeServiceUrl);
    this.staleThresholdMs = description.staleThresholdMs;
    this.endpointUpdatedAtNs = message.endpointUpdatedAtNs;
    this.loadBalancing = share.loadBalancing(message.loadBalancing);
    this.modificationTag = message.modificationTag;
    this.connectionPoolId = connectionPoolId;
  }
}

/**
 * gorouter.md §3.3, and the availability zone too: the original forgets to look at it, so there a
 * changed zone is lost.
 */
export function isDescribedBy(endpoint: Endpoint, description: EndpointDescription): boolean {
  const { message } = description;
  return (
    endpoint.port === description.port &&
    endpoint.host === message.host &&
    endpoint.applicationId === message.applicationId &&
    endpoint.privateInstanceId === message.privateInstanceId &&
    endpoint.endpointUpdatedAtNs === message.endpointUpdatedAtNs &&
    endpoint.isTls === description.isTls &&
    endpoint.protocol === description.protocol &&
    endpoint.serverCertDomainSan === message.serverCertDomainSan &&
    endpoint.staleThresholdMs === description.staleThresholdMs &&
    endpoint.routeServiceUrl === message.routeServiceUrl &&
    endpoint.privateInstanceIndex === message.privateInstanceIndex &&
    endpoint.isolationSegment === message.isolationSegment &&
    endpoint.availabilityZone === message.availabilityZone &&
    isSameTag(endpoint.modificationTag, message.modificationTag) &&
    isSameOption(endpoint.loadBalancing, message.loadBalancing) &&
    areTagsEqual(endpoint.tags, message.tags)
  );
}

export function beginExchange(endpoint: Endpoint): void {
  endpoint.openConnections += 1;
}

/** Never goes below zero: one end too many must not make room for endless exchanges. */
export function endExchange(endpoint: Endpoint): void {
  if (endpoint.openConnections > 0) endpoint.openConnections -= 1;
}
