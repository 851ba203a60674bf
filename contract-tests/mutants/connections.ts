import type { ServerResponse } from 'node:http';
import type { Answer, Operation } from '../reference/rules.ts';
import type { Mutant } from './mutant.ts';

const sending = (
  name: string,
  description: string,
  operation: Operation,
  send: (response: ServerResponse, answer: Answer) => void,
): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => {
    const { send: usual } = rules;
    rules.send = (response, answer, call) =>
      call.operation === operation && answer.status === 200 ? send(response, answer) : usual(response, answer, call);
  },
});

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
  sending(
    'compression-untrue',
    'The list of active instances has a Content-Encoding of gzip, but no compression.',
    'active',
    (response, answer) => {
      response.writeHead(200, { ...headersOf(answer), 'content-encoding': 'gzip' }).end(answer.body);
    },
  ),
];
