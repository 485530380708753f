import { afterEach } from 'vitest';
import {
  type ActualLRP,
  ActualLRPLifecycleResponse,
  ActualLRPsRequest,
  ActualLRPsResponse,
  FailActualLRPRequest,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import {
  type DesiredLRP,
  DesiredLRPByProcessGuidRequest,
  DesiredLRPLifecycleResponse,
  DesiredLRPResponse,
  type DesiredLRPUpdate,
  DesireLRPRequest,
  UpdateDesiredLRPRequest,
} from '../../../src/model/bbs/messages/desired-lrp.ts';
import { EventStream } from '../../golden/diego/event-stream.ts';
import {
  type BbsUnderTestOptions,
  type OpenedBbs,
  startBbsUnderTest,
} from '../support/bbs-under-test.ts';
import { desiredLrp } from './requests.ts';
import { outcomeOf, TypedClient } from './typed-client.ts';

let cleanUps: (() => unknown)[] = [];

/** Undone after the test, the last one first. */
export const cleanUpLater = (cleanUp: () => unknown): void => {
  cleanUps.push(cleanUp);
};

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
});

type Headers = Readonly<Record<string, string>>;

/** The requests that several tests make. */
export class BbsUser extends TypedClient {
  async desire(guid: string, fields: Partial<DesiredLRP> = {}, headers: Headers = {}) {
    const path = '/v1/desired_lrp/desire.r2';
    const desired_lrp = desiredLrp(guid, fields);
    return outcomeOf(
      await this.post(
        path,
        DesireLRPRequest,
        DesiredLRPLifecycleResponse,
        { desired_lrp },
        headers,
      ),
    );
  }

  async update(process_guid: string, update: DesiredLRPUpdate, headers: Headers = {}) {
    const path = '/v1/desired_lrp/update';
    const fields = { process_guid, update };
    return outcomeOf(
      await this.post(path, UpdateDesiredLRPRequest, DesiredLRPLifecycleResponse, fields, headers),
    );
  }

  async desired(process_guid: string): Promise<DesiredLRP | undefined> {
    const path = '/v1/desired_lrps/get_by_process_guid.r3';
    const fields = { process_guid };
    const answer = await this.post(
      path,
      DesiredLRPByProcessGuidRequest,
      DesiredLRPResponse,
      fields,
    );
    return answer.desired_lrp;
  }

  async rows(process_guid: string): Promise<readonly ActualLRP[]> {
    const path = '/v1/actual_lrps/list';
    return (await this.post(path, ActualLRPsRequest, ActualLRPsResponse, { process_guid }))
      .actual_lrps;
  }

  /** An UNCLAIMED row stays as it is, and yet it changes. */
  async fail(process_guid: string, error_message: string): Promise<string> {
    const fields = { actual_lrp_key: { process_guid, index: 0, domain: 'dom' }, error_message };
    const path = '/v1/actual_lrps/fail';
    return outcomeOf(
      await this.post(path, FailActualLRPRequest, ActualLRPLifecycleResponse, fields),
    );
  }
}

export interface Scene {
  readonly bbs: OpenedBbs;
  readonly user: BbsUser;
}

export async function openScene(options: Partial<BbsUnderTestOptions> = {}): Promise<Scene> {
  const bbs = await startBbsUnderTest({
    store: 'memory',
    generation: 'today',
    auctioneerAddress: '',
    ...options,
  });
  const user = new BbsUser(bbs.baseUrl);
  cleanUpLater(() => bbs.stop());
  cleanUpLater(() => user.close());
  return { bbs, user };
}

export async function subscribe(
  { bbs }: Scene,
  stream: 'lrp_instances' | 'tasks',
): Promise<EventStream & { readonly ended: () => boolean }> {
  const own = new EventStream(() => {});
  const url = new URL(`/v1/events/${stream}.r1`, bbs.baseUrl);
  const incoming = await own.open(url, 'POST', new Uint8Array());
  let isEnded = false;
  incoming.on('end', () => {
    isEnded = true;
  });
  cleanUpLater(() => own.close());
  return Object.assign(own, { ended: () => isEnded });
}
