/** Kinds of settings that several sections of a file have. */
import { type TSchema, Type } from 'typebox';
import { DURATION_PATTERN } from './duration.ts';

export type Section = Record<string, unknown>;

export const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const LOOPBACK = '127.0.0.1';
export const HOST = 'address to listen on';

export const port = (value: number, description: string): TSchema =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description });

export const text = (value: string, description: string): TSchema =>
  Type.String({ default: value, description });

export const texts = (value: string[], description: string): TSchema =>
  Type.Array(Type.String(), { default: value, description });

export const flag = (value: boolean, description: string): TSchema =>
  Type.Boolean({ default: value, description });

export const whole = (value: number, description: string, maximum = 2 ** 31 - 1): TSchema =>
  Type.Integer({ minimum: 0, maximum, default: value, description });

export const duration = (value: string, description: string): TSchema =>
  Type.Union([Type.String({ pattern: DURATION_PATTERN }), Type.Integer()], {
    default: value,
    description,
  });

/** Unknown keys are refused: they are mistakes. */
export const section = (properties: Record<string, TSchema>): TSchema =>
  Type.Object(properties, { additionalProperties: false, default: {} });
