export interface InspectorSettings {
  /** http://host:port; empty: no BBS is known. */
  readonly bbsUrl: string;
}

/** Bounds of the inspector. */
export const INSPECTOR_LIMITS = {
  /** Pages that may be attached at once. */
  viewers: 16,
  /** What a viewer may send us: nothing of use, so little. */
  viewerMessageBytes: 1024,
  /** Between two frames with news. */
  coalesceMs: 100,
  /** Between two pictures of the tree. */
  treeMs: 1000,
  /** In one frame; the rest follows in the next one. */
  recordsPerFrame: 1000,
  /** Waiting for a slow viewer; above it nothing is sent, and the ring drops the oldest. */
  viewerBufferBytes: 1024 * 1024,
  /** Rows of the BBS that are shown. */
  instances: 2000,
  apps: 2000,
  /** Steps of one instance that are remembered. */
  historyEntries: 50,
  /** Instances that are gone and still shown with their history. */
  goneInstances: 200,
  cells: 200,
  routes: 500,
  /** Of one request to the BBS or to a cell. */
  callTimeoutMs: 5000,
  cellAnswerBytes: 16 * 1024 * 1024,
  /** That may come while the list of instances is under way. */
  earlyEvents: 10_000,
  /** Before subscribing to the BBS again. */
  resubscribeMs: 1000,
} as const;
