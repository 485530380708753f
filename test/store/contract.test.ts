import { afterAll, beforeAll, describe, it } from 'vitest';
import { storeContract } from './contract/index.ts';
import { type EtcdServer, isEtcdInstalled, isEtcdRequired, startEtcd } from './etcd-server.ts';
import { etcdFixture, localFixtures } from './fixtures.ts';

describe.each(localFixtures)('the $name store', (fixture) => storeContract(fixture));

describe.skipIf(!isEtcdInstalled && !isEtcdRequired)('the etcd store', () => {
  let server: EtcdServer | undefined;
  beforeAll(async () => {
    server = await startEtcd();
  });
  afterAll(() => server?.stop());
  storeContract(etcdFixture(() => server as EtcdServer));
});

if (!isEtcdInstalled && !isEtcdRequired) it.skip('etcd is not installed: its store was not tested');
