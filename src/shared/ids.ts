import { createHash } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** IDs are Cycle object IDs: 24 lower-case hex characters (documented: format `objectid`). */
export type EnvironmentId = Branded<'EnvironmentId'>;
export type ContainerId = Branded<'ContainerId'>;
export type InstanceId = Branded<'InstanceId'>;
export type ServerId = Branded<'ServerId'>;

export const objectIdPattern = /^[0-9a-f]{24}$/;

export const isObjectId = (text: string): boolean => objectIdPattern.test(text);

/**
 * An object ID that depends on nothing but the given names, so that a fixture's IDs are the same in every run
 * and on every machine (our choice; the platform hands out random ones).
 */
export const deriveObjectId = <Id extends string>(...names: readonly string[]): Id =>
  createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 24) as Id;

/** The one place everything runs at. */
export const locationId = deriveObjectId<string>('location', 'emulator');
