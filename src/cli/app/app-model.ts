/** How an app is kept in the BBS: one desired LRP per version, with this beside it. Pure. */
import type { DesiredLRPSchedulingInfo } from '../../model/bbs/messages/desired-lrp.ts';

/** Everything that the command line runs is in this domain of the BBS. */
export const DOMAIN = 'troupe';

export type HealthCheck =
  | { readonly type: 'port' }
  | { readonly type: 'http'; readonly path: string }
  /** The app is up as long as its process runs. */
  | { readonly type: 'none' };

export interface DropletReference {
  /** At the file server. */
  readonly name: string;
  readonly sha256: string;
}

/** In the annotation of the desired LRP, as JSON. */
export interface AppAnnotation {
  readonly app: string;
  /** Counts pushes and restarts. */
  readonly version: number;
  /** Unix time in milliseconds. */
  readonly pushed_at: number;
  readonly command: string;
  readonly droplet: DropletReference;
  /** Wanted when the app is not stopped. */
  readonly instances: number;
  readonly memory_mb: number;
  readonly health_check: HealthCheck;
  readonly routes: readonly string[];
}

export interface AppVersion {
  readonly processGuid: string;
  /** 0: stopped, or a version that another one has replaced. */
  readonly instances: number;
  readonly annotation: AppAnnotation;
}

export interface App {
  readonly name: string;
  /** The latest version. */
  readonly current: AppVersion;
  /** What a deployment under way, or one that broke off, has left. */
  readonly older: readonly AppVersion[];
}

/** A label of a host name, since it becomes one. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const isAppName = (name: string): boolean => NAME.test(name);

/** A name made from a directory's; undefined: nothing of it can be used. */
export function appNameFrom(directory: string): string | undefined {
  const name = directory
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return isAppName(name) ? name : undefined;
}

type Json = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value);

function isHealthCheck(value: unknown): value is HealthCheck {
  const { type, path } = (value ?? {}) as Json;
  return type === 'port' || type === 'none' || (type === 'http' && isText(path));
}

/** Undefined: another program made this LRP. */
export function parseAnnotation(text: string): AppAnnotation | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const own = json as Json;
  const { name, sha256 } = (own['droplet'] ?? {}) as Json;
  const isRight =
    isText(own['app']) &&
    isText(own['command']) &&
    isCount(own['version']) &&
    isCount(own['pushed_at']) &&
    isCount(own['instances']) &&
    isCount(own['memory_mb']) &&
    isText(name) &&
    isText(sha256) &&
    isHealthCheck(own['health_check']) &&
    Array.isArray(own['routes']) &&
    own['routes'].every(isText);
  return isRight ? (json as AppAnnotation) : undefined;
}

/** Apps by name, each with its versions; LRPs of other programs are left out. */
export function appsOf(infos: readonly DesiredLRPSchedulingInfo[]): readonly App[] {
  const versions = infos.flatMap((info): AppVersion[] => {
    const annotation = parseAnnotation(info.annotation);
    if (annotation === undefined) return [];
    const { process_guid: processGuid } = info.desired_lrp_key;
    return [{ processGuid, instances: info.instances, annotation }];
  });
  const byName = Map.groupBy(versions, ({ annotation }) => annotation.app);
  const apps = [...byName].map(([name, own]): App => {
    const [current, ...older] = own.toSorted(
      (one, other) => other.annotation.version - one.annotation.version,
    );
    return { name, current: current as AppVersion, older };
  });
  return apps.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

export const versionsOf = ({ current, older }: App): readonly AppVersion[] => [current, ...older];
