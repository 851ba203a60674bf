import type { Change, Refusal } from '../../reference/rules.ts';
import { changeAnswers, isRefused, isRefusedAs, withCode } from '../mutant.ts';
import { type Lawful, lawful } from './lawful.ts';

const asText = (refusal: Refusal, status: number, body: string, headers = {}): Change =>
  changeAnswers(isRefusedAs(refusal), {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body,
  });

const codes: readonly (readonly [Refusal, string])[] = [
  ['badKey', '403.permissions'],
  ['badSyntax', '422.invalid-input'],
  ['missing', '422.invalid-input'],
  ['invalid', '400.invalid-syntax'],
  ['tooLarge', '422.invalid-input'],
  ['badType', '422.invalid-input'],
  ['noContainer', '422.invalid-argument'],
  ['noInstance', '403.mismatch'],
  ['wrongToken', '404.instance'],
  ['wrongState', '409.duplicate-found'],
];

/** How refusals may look. */
export const lawfulErrors: readonly Lawful[] = [
  lawful(
    'oauth-errors',
    'The refusal of an access key has OAuth’s form.',
    changeAnswers(isRefusedAs('badKey'), {
      status: 401,
      headers: { 'content-type': 'application/json', 'www-authenticate': 'Bearer error="invalid_token"' },
      body: '{"error":"invalid_client","error_description":"The access key is unknown."}',
    }),
  ),
  lawful(
    'challenge-alone',
    'The refusal of an access key has a WWW-Authenticate header and no body.',
    changeAnswers(isRefusedAs('badKey'), {
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="scheduler"' },
      body: '',
    }),
  ),
  lawful('codes-with-underscores', 'Codes are spelt as the official client has them.', {
    envelope: (rejection) => ({ error: { ...rejection, code: rejection.code.replaceAll('-', '_') }, data: null }),
  }),
  lawful('further-fields-in-errors', 'Errors have fields beside those described.', ({ envelope }) => ({
    envelope: (rejection) => {
      const richer = { ...rejection, request_id: 'a1', extra: {} };
      return { ...envelope(richer), meta: { took_ms: 1 } };
    },
  })),
  lawful('other-codes', 'Refusals have other documented codes than the emulator’s.', ({ refuse }) => ({
    refuse: Object.fromEntries(codes.map(([refusal, code]) => [refusal, withCode(refuse[refusal], code)])),
  })),
  lawful(
    'bad-key-as-400',
    'A refused access key is a bad request, as OAuth has it.',
    changeAnswers(isRefusedAs('badKey'), {
      status: 400,
      headers: { 'content-type': 'application/json;charset=UTF-8' },
      body: '{"error":"invalid_client"}',
    }),
  ),
  lawful(
    'paths-as-text',
    'Unknown paths get a plain text, as from frameworks.',
    asText('badPath', 404, '404 page not found\n'),
  ),
  lawful('methods-as-405', 'Other methods get an empty 405.', asText('badPath', 405, '', { allow: 'GET, POST' })),
  lawful(
    'statuses-with-a-fraction',
    'Statuses in bodies are written as 404.0, which is the same number.',
    changeAnswers(isRefused, ({ body }) => ({ body: body.replace(/"status":(\d+)/, '"status":$1.0') })),
  ),
];
