import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../shared/package.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** openapi.yaml as one deeply frozen value; references in it point into itself (`#/components/…`) and nowhere else. */
export type ApiDescription = {
  readonly openapi: string;
  readonly info: JsonObject & { readonly title: string; readonly version: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: { readonly [path: string]: JsonObject };
  readonly components: JsonObject & { readonly schemas: { readonly [name: string]: JsonObject } };
};

/** Where the description lies: beside package.json. */
export const findApiDescription = (): string => join(packageRoot, 'openapi.yaml');

/** Reads a description; openapi.yaml without a path. */
export const loadApiDescription = async (path: string = findApiDescription()): Promise<ApiDescription> =>
  parseApiDescription(await readFile(path, 'utf8'));

/**
 * Both descriptions that come with the package are checked against OpenAPI's own rules by a test, and not here: at each
 * start it would take longer than all the rest of it.
 */
export const parseApiDescription = (yaml: string): ApiDescription =>
  // By way of text, because YAML anchors are shared objects, and readers that rewrite their copy would change two places.
  freezeDeeply(JSON.parse(JSON.stringify(parse(yaml))));

const freezeDeeply = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) freezeDeeply(part);
    Object.freeze(value);
  }
  return value;
};
