/** The examples of diego.md appendix C. */
import { expect, test } from 'vitest';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { fromJson, toJson } from '../../../src/model/protobuf/json.ts';
import { typeNamed } from '../protobuf/all-types.ts';

test.each([
  ['PingResponse', { available: true }, '0801'],
  ['UpsertDomainRequest', { domain: 'cf-apps', ttl: 120 }, '0a0763662d617070731078'],
  [
    'TaskLifecycleResponse',
    {
      error: { type: 'ResourceNotFound', message: 'the requested resource could not be found' },
    },
    '0a2d080d122974686520726571756573746564207265736f757263652063' +
      '6f756c64206e6f7420626520666f756e64',
  ],
  ['TaskLifecycleResponse', { error: { message: 'x' } }, '0a03120178'],
  [
    'ClaimActualLRPRequest',
    {
      process_guid: 'pg',
      index: 1,
      actual_lrp_instance_key: { instance_guid: 'ig', cell_id: 'c1' },
    },
    '0a02706710011a080a02696712026331',
  ],
  ['EvacuationResponse', { keep_container: true }, '1001'],
  [
    'UpdateDesiredLRPRequest',
    {
      process_guid: 'pg',
      update: {
        instances: 0,
        routes: { routes: { 'cf-router': '[{"hostnames":["a.b"],"port":8080}]' } },
      },
    },
    '0a0270671236080012320a300a0963662d726f7574657212235b7b22686f73746e616d6573223a5b22612e62225d' +
      '2c22706f7274223a383038307d5d',
  ],
  [
    'ActualLRPInstanceCreatedEvent',
    {
      actual_lrp: {
        actual_lrp_key: { process_guid: 'pg', domain: 'd' },
        actual_lrp_instance_key: {},
        actual_lrp_net_info: {},
        state: 'UNCLAIMED',
        since: '1',
        modification_tag: { epoch: 'e' },
        routable: false,
      },
    },
    Buffer.from('CiEKBwoCcGcaAWQSABoAMglVTkNMQUlNRURAAUoDCgFlaAA=', 'base64').toString('hex'),
  ],
])('%s', (name, json, hex) => {
  const type = typeNamed(name);
  const message = decode(type, Buffer.from(hex, 'hex'));
  expect(toJson(type, message)).toEqual(json);
  expect(fromJson(type, json)).toEqual({ ok: true, value: message });
  expect(encode(type, message).toString('hex')).toBe(hex);
});
