import { request } from 'node:http';
import { isIP } from 'node:net';
import SwaggerParser from '@apidevtools/swagger-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type JsonObject, readSchedulerApi } from '../../../src/openapi/load.ts';

export type Answer = { readonly status: number; readonly type: string; readonly body: string };

/** An operation as the description has it. */
export type Described = {
  readonly id: string;
  readonly method: string;
  /** Its path for any text in place of the container's ID. */
  readonly path: (containerId: string) => string;
  /** The schema of its body; null where it has none. */
  readonly body: JsonObject | null;
  /** What the description does not allow of an answer; null where it allows all of it. */
  readonly findFault: (answer: Answer) => string | null;
};

const field = (json: unknown, ...names: readonly string[]): JsonObject =>
  names.reduce((now, name) => (now as JsonObject)[name] as JsonObject, json as JsonObject);

/** The operations of openapi.yaml. */
export const describedOperations = async (): Promise<readonly Described[]> => {
  const api = (await SwaggerParser.dereference(JSON.parse(JSON.stringify(readSchedulerApi())))) as unknown;
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addFormat('objectid', true);
  ajv.addFormat('ip-address', (text) => isIP(text) !== 0);
  ajv.addFormat('cidr', true);
  const toOperation = (path: string, method: string): Described => {
    const operation = field(api, 'paths', path, method);
    const validators = Object.entries(field(operation, 'responses')).map(
      ([status, response]) => [status, ajv.compile(field(response, 'content', 'application/json', 'schema'))] as const,
    );
    return {
      id: String(operation['operationId']),
      method: method.toUpperCase(),
      path: (containerId) => path.replace('{containerId}', () => encodeURIComponent(containerId.toWellFormed())),
      body: operation['requestBody'] ? field(operation, 'requestBody', 'content', 'application/json', 'schema') : null,
      findFault: ({ status, type, body }) => {
        if (!/^application\/json\b/.test(type)) return `the type ${type}`;
        const described = Object.fromEntries(validators);
        const validate = described[status] ?? described['default'];
        if (validate === undefined) return `the status ${status}`;
        return validate(JSON.parse(body)) ? null : ajv.errorsText(validate.errors);
      },
    };
  };
  return Object.entries(field(api, 'paths')).flatMap(([path, item]) =>
    Object.keys(item as object)
      .filter((method) => method !== 'parameters')
      .map((method) => toOperation(path, method)),
  );
};

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** Sends the path as it is, which `fetch` would tidy. Rejects where no answer has come within ten seconds. */
export const ask = (port: number, { method, path, headers = {}, body = '' }: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(10_000);
    const length = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...length, ...headers }, signal });
    sent.once('error', reject);
    sent.once('response', async (response) => {
      const chunks = await response.toArray();
      resolve({
        status: response.statusCode ?? 0,
        type: response.headers['content-type'] ?? '',
        body: Buffer.concat(chunks).toString(),
      });
    });
    sent.end(body);
  });
