import type { ServerResponse } from 'node:http';
import type { Answer, Instance, Operation, Refusal, Rules } from '../reference/rules.ts';
import { afterSuccess, fails, type Mutant, notes, refuseAs, warns } from './mutant.ts';

/** Refuses with other codes than the emulator, where nothing public says which; an internal error is wrong in any case. */
const refusing = (
  name: string,
  subject: string,
  refusal: Refusal,
  codes: Readonly<Record<string, string>>,
): readonly Mutant[] =>
  Object.entries(codes).map(([suffix, code]) => {
    const isFailure = code === '500.unknown';
    const description = `${subject} answers ${isFailure ? 'an internal error' : code}.`;
    return (isFailure ? warns : notes)(`${name}-as-${suffix}`, description, refuseAs(refusal, code));
  });

/** Other statuses and codes of refusals. */
export const refusalMutants: readonly Mutant[] = [
  ...refusing('wrong-token', 'A wrong token', 'wrongToken', {
    401: '401.auth-invalid',
    404: '404.instance',
    500: '500.unknown',
  }),
  ...refusing('wrong-state', 'A wrong state', 'wrongState', {
    409: '409.duplicate-found',
    expired: '403.expired',
    500: '500.unknown',
  }),
  ...refusing('missing-field', 'A missing field', 'missing', {
    invalid: '422.invalid-argument',
    400: '400.invalid-syntax',
    500: '500.unknown',
  }),
  ...refusing('bad-field', 'A bad field', 'invalid', { 400: '400.invalid-syntax', 500: '500.unknown' }),
  ...refusing('bad-type', 'A wrong content type', 'badType', { 400: '400.invalid-syntax', 500: '500.unknown' }),
  ...refusing('malformed-json', 'Malformed JSON', 'badSyntax', { 422: '422.invalid-input', 500: '500.unknown' }),
  ...refusing('large-body', 'A large body', 'tooLarge', { 413: '413.too-large', 500: '500.unknown' }),
  ...refusing('unknown-path', 'An unknown path', 'badPath', { 500: '500.unknown' }),
  ...refusing('unknown-container', 'An unknown container', 'noContainer', {
    '404-uri': '404.uri',
    422: '422.invalid-argument',
    500: '500.unknown',
  }),
  ...refusing('unknown-instance', 'An unknown instance', 'noInstance', { 403: '403.mismatch', 500: '500.unknown' }),
  ...refusing('exhausted', 'A claim that waited in vain', 'noneFree', { 500: '500.unknown', 503: '503.not-ready' }),
  ...refusing('failed-start', 'A failed start', 'failed', { 403: '403.invalid-state' }),
];

/** Sends the good answers of an operation in another way. */
const sending = (
  name: string,
  description: string,
  operation: Operation,
  sendBadly: (response: ServerResponse, answer: Answer) => void,
): Mutant =>
  fails(name, description, ({ send }) => ({
    send: (response, answer, call) => {
      const isMeant = call.operation === operation && answer.status === 200;
      return isMeant ? sendBadly(response, answer) : send(response, answer, call);
    },
  }));

/** Does something to the instances of an answered request when the connection that it came over is closed. */
const whenClosed = (
  name: string,
  description: string,
  operation: 'claim' | 'spawn',
  act: (instance: Instance, rules: Rules) => unknown,
): Mutant =>
  fails(
    name,
    description,
    afterSuccess(operation, (call, rules) => {
      const held = call.fn.instances.filter(({ token }) => token === call.token);
      call.connection.once('close', () => {
        for (const instance of held) if (instance.token === call.token) act(instance, rules);
      });
    }),
  );

const headersOf = ({ headers, body }: Answer) => ({ ...headers, 'content-length': Buffer.byteLength(body) });

/** How answers travel. */
export const connectionMutants: readonly Mutant[] = [
  sending('body-breaks-off', 'The list of active instances breaks off in the middle.', 'active', (response, answer) => {
    response.writeHead(200, headersOf(answer));
    response.write(answer.body.slice(0, 5), () => response.destroy());
  }),
  sending('body-cut', 'Spawn’s answer is cut short, and its length with it.', 'spawn', (response, answer) => {
    response.writeHead(200, answer.headers).end(answer.body.slice(0, -10));
  }),
  sending('answer-never-ends', 'Release’s answer begins and never ends.', 'release', (response, answer) => {
    response.writeHead(200, headersOf(answer));
    response.write(answer.body.slice(0, 5));
  }),
  sending('answer-missing', 'Spawn does its work and never answers.', 'spawn', () => {}),
  sending('connection-closed', 'Claim does its work and closes the connection for an answer.', 'claim', (response) => {
    response.destroy();
  }),
  sending('body-missing', 'Release answers 204 without a body.', 'release', (response) => {
    response.writeHead(204).end();
  }),
  sending('compression-untrue', 'Active says gzip, and is not compressed.', 'active', (response, answer) => {
    response.writeHead(200, { ...headersOf(answer), 'content-encoding': 'gzip' }).end(answer.body);
  }),
  whenClosed(
    'claims-end-with-their-connection',
    'A claim ends with its connection.',
    'claim',
    (instance, { free }) => instance.spawnedAt === null && free(instance),
  ),
  whenClosed(
    'runs-end-with-their-connection',
    'A run ends with its spawn’s connection.',
    'spawn',
    (instance, { ended }) => instance.run && ended(instance),
  ),
];
