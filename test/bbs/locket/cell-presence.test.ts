import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellPresenceText,
  parseCellPresence,
  rootfsProviderMap,
} from '../../../src/model/bbs/cell-presence.ts';
import { CellCapacity, CellPresence, Provider } from '../../../src/model/bbs/messages/cells.ts';

const TODAY = {
  cell_id: 'cell-a',
  rep_address: 'http://10.0.0.1:1800',
  zone: 'z1',
  capacity: { memory_mb: 1024, disk_mb: 2048, containers: 250 },
  rootfs_provider_list: [
    { name: 'preloaded', properties: ['cflinuxfs4'] },
    { name: 'docker', properties: [] },
  ],
  placement_tags: ['gpu'],
  optional_placement_tags: ['ssd'],
  rep_url: 'https://cell-a.cell.service.cf.internal:1801',
  annotations: { rack: '7' },
};

const PROVIDERS = [
  Provider.create({ name: 'preloaded', properties: ['cflinuxfs4'] }),
  Provider.create({ name: 'docker' }),
];

describe('the presence of a cell', () => {
  it('is read as today writes it, and written the same', () => {
    const presence = parseCellPresence(JSON.stringify(TODAY));
    expect(presence).toEqual(
      CellPresence.create({
        cell_id: 'cell-a',
        rep_address: 'http://10.0.0.1:1800',
        zone: 'z1',
        capacity: CellCapacity.create({ memory_mb: 1024, disk_mb: 2048, containers: 250 }),
        rootfs_providers: PROVIDERS,
        placement_tags: ['gpu'],
        optional_placement_tags: ['ssd'],
        rep_url: 'https://cell-a.cell.service.cf.internal:1801',
        annotations: new Map([['rack', '7']]),
      }),
    );
    expect(presence && JSON.parse(cellPresenceText(presence))).toEqual(TODAY);
  });

  it('is read as 2015 wrote it, and written the same', () => {
    const of2015 = {
      cell_id: 'cell-b',
      rep_address: 'http://10.0.0.2:1800',
      zone: '',
      capacity: { memory_mb: 1, disk_mb: 2, containers: 3 },
      rootfs_providers: { preloaded: ['cflinuxfs2'], docker: [] },
    };
    const presence = parseCellPresence(JSON.stringify(of2015));
    expect(presence?.rootfs_providers).toEqual([
      Provider.create({ name: 'preloaded', properties: ['cflinuxfs2'] }),
      Provider.create({ name: 'docker' }),
    ]);
    expect(presence && JSON.parse(cellPresenceText(presence, '2015'))).toEqual(of2015);
  });

  it('takes null for what was never set, and keys that it does not know', () => {
    const nulls = { cell_id: 'c', rootfs_providers: { docker: null }, capacity: null, new: [1] };
    expect(parseCellPresence(JSON.stringify({ ...nulls, placement_tags: null }))).toEqual(
      CellPresence.create({
        cell_id: 'c',
        rootfs_providers: [Provider.create({ name: 'docker' })],
      }),
    );
  });

  it.each([
    '',
    'null',
    '[]',
    '"cell"',
    '{',
    '{}',
    '{"cell_id":""}',
    '{"cell_id":7}',
    '{"cell_id":"c","rep_address":{}}',
    '{"cell_id":"c","capacity":[]}',
    '{"cell_id":"c","capacity":{"memory_mb":"1"}}',
    '{"cell_id":"c","capacity":{"memory_mb":1.5}}',
    '{"cell_id":"c","capacity":{"memory_mb":4294967296}}',
    '{"cell_id":"c","placement_tags":[1]}',
    '{"cell_id":"c","rootfs_provider_list":{}}',
    '{"cell_id":"c","rootfs_provider_list":[{"name":1}]}',
    '{"cell_id":"c","rootfs_providers":{"docker":"x"}}',
    '{"cell_id":"c","annotations":{"a":1}}',
  ])('is refused: %s', (text) => {
    expect(parseCellPresence(text)).toBeUndefined();
  });

  it('keeps names that objects have of themselves', () => {
    const presence = parseCellPresence(
      '{"cell_id":"c","rootfs_providers":{"__proto__":["a"]},"annotations":{"__proto__":"b"}}',
    );
    expect(presence?.rootfs_providers[0]?.name).toBe('__proto__');
    expect(Object.keys(rootfsProviderMap(presence ?? CellPresence.empty))).toEqual(['__proto__']);
    const again = presence && parseCellPresence(cellPresenceText(presence));
    expect(again?.rootfs_providers).toEqual(presence?.rootfs_providers);
    expect(again?.annotations).toEqual(new Map([['__proto__', 'b']]));
  });

  it('never throws on any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        parseCellPresence(text);
        parseCellPresence(`{"cell_id":"c","capacity":${text},"annotations":${text}}`);
      }),
    );
  });
});
