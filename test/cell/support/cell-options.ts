import type { CellOptions } from '../../../src/cell/options.ts';

export const CELL_TEST_OPTIONS: CellOptions = {
  cellId: 'cell-a',
  zone: 'z1',
  host: '127.0.0.1',
  port: 0,
  repUrl: '',
  bbsUrl: 'http://127.0.0.1:1',
  bbsTls: undefined,
  locketAddress: '127.0.0.1:1',
  locketTls: undefined,
  preloadedRootFs: ['cflinuxfs4'],
  placementTags: [],
  optionalPlacementTags: [],
  pollingIntervalMs: 30_000,
  evacuationPollingIntervalMs: 10_000,
  evacuationTimeoutMs: 600_000,
  presenceTtlMs: 15_000,
  communicationTimeoutMs: 10_000,
  stopTimeoutMs: 20_000,
  isResettable: false,
};
