import { join } from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import { packageRoot } from '../package-root.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** openapi.yaml as one deeply frozen value; references in it point into itself (`#/components/…`) and nowhere else. */
export type ApiDescription = {
  readonly openapi: string;
  readonly info: JsonObject & { readonly title: string; readonly version: string };
  readonly paths: { readonly [path: string]: JsonObject };
  readonly components: JsonObject & { readonly schemas: { readonly [name: string]: JsonObject } };
};

/** Where the description lies: beside package.json. */
export const findApiDescription = (): string => join(packageRoot, 'openapi.yaml');

/** Reads a description, openapi.yaml without a path, resolves its references into one document and checks it against OpenAPI's own rules. */
export const loadApiDescription = async (path: string = findApiDescription()): Promise<ApiDescription> => {
  const bundled = await SwaggerParser.bundle(path);
  // By way of text, because YAML anchors are shared objects and `validate` resolves references in place.
  const text = JSON.stringify(bundled);
  await SwaggerParser.validate(JSON.parse(text));
  return freezeDeeply(JSON.parse(text));
};

const freezeDeeply = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) freezeDeeply(part);
    Object.freeze(value);
  }
  return value;
};
