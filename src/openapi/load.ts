import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** openapi.yaml as one deeply frozen value; references in it point into itself (`#/components/…`) and nowhere else. */
export type ApiDescription = {
  readonly openapi: string;
  readonly info: JsonObject & { readonly title: string; readonly version: string };
  readonly paths: { readonly [path: string]: JsonObject };
  readonly components: JsonObject & { readonly schemas: { readonly [name: string]: JsonObject } };
};

/** Where the description lies: beside package.json, above this file whether it runs from src/ or from dist/. */
export const findApiDescription = (): string => {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'openapi.yaml');
    if (existsSync(path)) return path;
  }
  throw new Error(`openapi.yaml lies in no folder above ${import.meta.dirname}: the package is incomplete`);
};

/** Reads the description, resolves its references into one document and checks it against OpenAPI's own rules. */
export const loadApiDescription = async (): Promise<ApiDescription> => {
  const bundled = await SwaggerParser.bundle(findApiDescription());
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
