/** The section of the node's file for the inspector (DESIGN §8). */
import type { TSchema } from 'typebox';
import type { InspectorSettings } from '../inspector/options.ts';
import type { ControlPlaneOptions } from './bbs-options.ts';
import { bbsUrlOf } from './cell-section.ts';
import { flag, section, text } from './fields.ts';

export interface InspectorSections {
  readonly inspector: { readonly enabled: boolean; readonly bbs_address: string };
}

export const inspectorProperties: Readonly<Record<string, TSchema>> = {
  inspector: section({
    enabled: flag(true, 'show the node in a browser, on the status port under /inspector/'),
    bbs_address: text('', 'URL of a BBS elsewhere; empty: the one of this node'),
  }),
};

/** Undefined: off. */
export function toInspector(
  { inspector }: InspectorSections,
  controlPlane: ControlPlaneOptions | undefined,
): InspectorSettings | undefined {
  if (!inspector.enabled) return undefined;
  return { bbsUrl: bbsUrlOf(inspector.bbs_address, controlPlane) ?? '' };
}
