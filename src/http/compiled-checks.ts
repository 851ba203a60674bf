import type { IncomingHttpHeaders } from 'node:http';
import type { ApiDescription, Json, JsonObject } from '../openapi/load.ts';
import { lazily } from './lazily.ts';
import { type Check, createSchemaCompiler, type Place, type SchemaCompiler } from './schema-compiler.ts';

/** The operation of a request that is certainly as the description wants it. */
export type SoundOperation = {
  /** As it stands in the description. */
  readonly schema: JsonObject;
  readonly pathParams: Readonly<Record<string, string>>;
  /** By status: whether a body is certainly in order as an answer. */
  readonly answers: ReadonlyMap<number, Check>;
};

/** What of a request is looked at; its `content-type` in one spelling (see request-body.ts). */
export type RequestParts = {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
};

/** A path of the description. */
type Route = {
  readonly path: RegExp;
  /** By method; made when the first request needs it, for a start should not wait. Null where something is not plain. */
  readonly operations: ReadonlyMap<string, () => Checks | null>;
};

/** An operation of the description. */
type Checks = {
  readonly schema: JsonObject;
  readonly paramNames: readonly string[];
  readonly areParams: Check;
  /** Null where the operation takes no body. */
  readonly isBody: Check | null;
  readonly answers: ReadonlyMap<number, Check>;
};

const json = 'application/json';
const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;

/**
 * Compiles a description into one function that looks at a request, and answers null for all it cannot vouch for. That is
 * not to say that the request is wrong: somebody who knows more has to look at it (see api-validation.ts).
 *
 * Nothing may pass here that the other would refuse, so whatever is not plain has no part in this: parameters outside
 * the path, words of JSON Schema that are not enforced here, URLs with a query or a percent sign.
 */
export const compileChecks = (description: ApiDescription): ((request: RequestParts) => SoundOperation | null) => {
  const compiler = createSchemaCompiler(description);
  const routes = hasPlainPaths(description) ? toRoutes(description, compiler) : [];
  return (request) => {
    const fitting = routes.filter(({ path }) => path.test(request.originalUrl));
    const [route] = fitting;
    // Which of several paths is meant is not for this to say.
    return route === undefined || fitting.length > 1 ? null : check(route, request);
  };
};

const toRoutes = ({ paths }: ApiDescription, compiler: SchemaCompiler): readonly Route[] =>
  Object.entries(paths).map(([template, item]) => ({
    path: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(placeholder, '([\\w.~-]+)')}$`),
    operations: new Map(
      methods
        .filter((method) => method in item)
        .map((method) => [method.toUpperCase(), lazily(() => compileOperation(compiler, template, method))]),
    ),
  }));

const check = (
  { path, operations }: Route,
  { method, originalUrl, headers, body }: RequestParts,
): SoundOperation | null => {
  const checks = operations.get(method)?.() ?? null;
  if (checks === null) return null;
  const { schema, answers, paramNames, areParams, isBody } = checks;
  if (isBody !== null && !(headers['content-type'] === json && isBody(body))) return null;
  const [, ...values] = path.exec(originalUrl) ?? [];
  const pathParams = Object.fromEntries(paramNames.map((name, index) => [name, values[index] ?? '']));
  return areParams(pathParams) ? { schema, pathParams, answers } : null;
};

const compileOperation = (compiler: SchemaCompiler, template: string, method: string): Checks | null => {
  const operation = compiler.find(['paths', template, method]);
  if (operation === null) return null;
  const { place, value: schema } = operation;
  const areParams = compileParams(compiler, [
    ['paths', template],
    ['paths', template, method],
  ]);
  const hasBody = schema['requestBody'] !== undefined;
  const isBody = hasBody ? compileContent(compiler, [...place, 'requestBody'], 'request') : null;
  if (areParams === null || (hasBody && isBody === null)) return null;
  return {
    schema,
    paramNames: [...template.matchAll(placeholder)].map(([, name = '']) => name),
    areParams,
    isBody,
    answers: compileAnswers(compiler, [...place, 'responses']),
  };
};

const placeholder = /\{([\w-]+)\}/g;
const plainTemplate = /^(?:\/(?:[\w.~-]+|\{[\w-]+\}))+$/;

/** A check of all parameters by name. */
const compileParams = (compiler: SchemaCompiler, owners: readonly Place[]): Check | null => {
  const places = owners.flatMap((owner) =>
    Object.keys(compiler.find([...owner, 'parameters'])?.value ?? {}).map((index) => [...owner, 'parameters', index]),
  );
  const properties: Record<string, Json> = {};
  for (const found of places.map(compiler.find)) {
    const name = String(found?.value['name']);
    if (found === null || !isPlainParameter(found.value) || name in properties) return null;
    properties[name] = compiler.schemaAt([...found.place, 'schema']);
  }
  return compiler.compile({ type: 'object', properties }, 'request');
};

const isPlainParameter = (parameter: JsonObject): boolean =>
  parameter['in'] === 'path' && parameter['schema'] !== undefined && parameter['style'] === undefined;

const compileAnswers = (compiler: SchemaCompiler, responses: Place): ReadonlyMap<number, Check> =>
  new Map(
    Object.keys(compiler.find(responses)?.value ?? {}).flatMap((status) => {
      const isAnswer = /^\d{3}$/.test(status) ? compileContent(compiler, [...responses, status], 'answer') : null;
      return isAnswer === null ? [] : [[Number(status), isAnswer] as const];
    }),
  );

/** Null where it may be something else than JSON, or JSON of any form. */
const compileContent = (compiler: SchemaCompiler, place: Place, kind: 'request' | 'answer'): Check | null => {
  const found = compiler.find(place);
  const content = found?.value['content'];
  if (found === null || JSON.stringify(Object.keys(content ?? {})) !== `["${json}"]`) return null;
  const schema = [...found.place, 'content', json, 'schema'];
  return compiler.find(schema) === null ? null : compiler.compile(compiler.schemaAt(schema), kind);
};

/** A path in `servers` would come before those of the operations. */
const hasPlainPaths = ({ servers = [], paths }: ApiDescription): boolean =>
  servers.every(({ url }) => new URL(url, 'http://localhost').pathname === '/') &&
  Object.keys(paths).every((template) => plainTemplate.test(template));
