import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { lazily } from '../shared/async.ts';
import { packageRoot } from '../shared/package.ts';
import { deepFreeze } from '../shared/values.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** A description as one deeply frozen value; references in it point into itself (`#/components/…`) and nowhere else. */
export type ApiDescription = {
  readonly openapi: string;
  readonly info: JsonObject & { readonly title: string; readonly version: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: { readonly [path: string]: JsonObject };
  readonly components: JsonObject & { readonly schemas: { readonly [name: string]: JsonObject } };
};

/** Where the description lies: beside package.json. */
export const findApiDescription = (): string => join(packageRoot, 'openapi.yaml');

/**
 * Both descriptions that come with the package are checked against OpenAPI's own rules by a test, and not here: that would
 * take long.
 */
export const readApiDescription = (path: string): ApiDescription =>
  // By way of text, because YAML anchors are shared objects, and readers that rewrite their copy would change two places.
  deepFreeze(JSON.parse(JSON.stringify(parse(readFileSync(path, 'utf8')))));

/**
 * openapi.yaml, read once for all emulators of the process, which so share its validator; not by a start, of which it would
 * take half.
 */
export const readSchedulerApi = lazily(() => readApiDescription(findApiDescription()));
