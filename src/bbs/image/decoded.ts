/** Messages by the very bytes they were encoded to: what this node wrote is not decoded again. */
import { decode } from '../../model/protobuf/decode.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';

const messages = new WeakMap<Uint8Array, unknown>();

export function rememberDecoded(bytes: Uint8Array, message: unknown): void {
  messages.set(bytes, message);
}

/** The caller names the type that the key of the record tells. Throws DecodeError. */
export const decodedOf = <T>(type: MessageType<T>, bytes: Uint8Array): T =>
  (messages.get(bytes) as T | undefined) ?? decode(type, bytes);
