import type { BbsState } from '../../../src/bbs/state.ts';

/** All records that the lists are made of, in bytes. */
export function recordsOf({ image }: BbsState): readonly string[] {
  const text = (name: string, bytes: Uint8Array | undefined): string =>
    `${name} ${bytes === undefined ? '-' : Buffer.from(bytes).toString('base64')}`;
  return [
    ...[...image.desireds].map(([guid, { bytes }]) => text(`desired ${guid}`, bytes)),
    ...[...image.tasks].map(([guid, { bytes }]) => text(`task ${guid}`, bytes)),
    ...[...image.domains].map(([name, { expiresAt }]) => `domain ${name} ${expiresAt}`),
    ...[...image.cells.keys()].map((id) => `cell ${id}`),
    ...[...image.allSlots()].flatMap(({ guid, index, ordinary, evacuating, suspect }) =>
      [ordinary, evacuating, suspect].map((own) => text(`actual ${guid}/${index}`, own?.bytes)),
    ),
  ];
}
