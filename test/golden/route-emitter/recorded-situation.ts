import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../diego/message-json.ts';

export type Command =
  | {
      readonly op: 'rpc';
      readonly path: string;
      readonly request_type: string;
      readonly request: JsonObject;
    }
  | { readonly op: 'start_emitter'; readonly config: EmitterConfig }
  | {
      readonly op: 'publish';
      readonly subject: string;
      readonly payload: string;
      readonly then_wait_ms?: number;
    }
  | { readonly op: 'wait'; readonly ms: number }
  | { readonly op: 'wait_sync' }
  | { readonly op: 'lose_events' | 'fail_sync_requests'; readonly on: boolean };

export interface EmitterConfig {
  readonly sync_interval?: string;
  readonly unregistration_interval?: string;
  readonly unregistration_send_count?: number;
  readonly cell_id?: string;
  readonly register_direct_instance_routes?: boolean;
}

export interface RecordedMessage {
  readonly subject: string;
  readonly payload: JsonObject | '';
  readonly at_ms?: number;
}

export interface RecordedRow {
  readonly actual_lrp_key: { readonly process_guid: string; readonly index?: number };
  readonly actual_lrp_instance_key: { readonly instance_guid?: string };
  readonly presence?: string;
  readonly since?: string;
}

export interface SituationStep {
  readonly n: number;
  readonly cmd: Command;
  readonly reply?: JsonObject;
  readonly rows: readonly RecordedRow[];
  readonly messages: readonly RecordedMessage[];
  readonly variants?: readonly (readonly RecordedMessage[])[];
}

export interface Situation {
  readonly id: string;
  readonly title: string;
  readonly process_guids: readonly string[];
  readonly timed?: boolean;
  readonly steps: readonly SituationStep[];
}

const FILE = join(import.meta.dirname, 'data', 'route-emitter.jsonl');

export const loadSituations = (): readonly Situation[] =>
  readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Situation);
