import { cellPresenceText } from '../../model/bbs/cell-presence.ts';
import { CellCapacity, CellPresence, Provider } from '../../model/bbs/messages/cells.ts';
import { repUrlOf } from '../rep/rep-server.ts';
import type { CellState } from '../state.ts';

/** What the cell says of itself in Locket (diego.md §8). */
export function presenceTextOf(state: CellState): string {
  const { options, executor } = state;
  const { memoryMb, diskMb, containers } = executor.total;
  const url = repUrlOf(state);
  return cellPresenceText(
    CellPresence.create({
      cell_id: options.cellId,
      rep_address: url,
      rep_url: url,
      zone: options.zone,
      capacity: CellCapacity.create({ memory_mb: memoryMb, disk_mb: diskMb, containers }),
      rootfs_providers: [
        Provider.create({ name: 'preloaded', properties: options.preloadedRootFs }),
      ],
      placement_tags: options.placementTags,
      optional_placement_tags: options.optionalPlacementTags,
    }),
  );
}
