import { toDateTime } from '../../reference/answers.ts';
import { changeAnswers, changeData, isGood, without } from '../mutant.ts';
import { type Lawful, lawful } from './lawful.ts';

const always = (): boolean => true;

/** How good answers may look. */
export const lawfulAnswers: readonly Lawful[] = [
  lawful(
    'release-as-spawned',
    'Release answers the schema that its operation names, and nothing else.',
    changeData('release', (data) => without(data, 'claimed', 'spawned', 'released')),
  ),
  lawful(
    'release-as-released',
    'Release answers the schema that is described for it, and nothing else.',
    changeData('release', (data) => without(data, 'server_id', 'environment', 'token')),
  ),
  lawful(
    'release-as-id',
    'Release answers what its schema requires: the ID.',
    changeData('release', ({ instance_id }) => ({ instance_id })),
  ),
  lawful('further-fields', 'Answers have fields beside those described.', ({ claimed, spawned, listed, answer }) => ({
    claimed: (instance, token) => ({ ...claimed(instance, token), region: 'here', labels: {} }),
    spawned: (instance, token) => ({ ...spawned(instance, token), region: 'here', labels: {} }),
    listed: (instance) => ({ ...listed(instance), note: null }),
    answer: (outcome, call) => {
      const usual = answer(outcome, call);
      return isGood(outcome)
        ? { ...usual, body: usual.body.replace(/}$/, ',"error":null,"meta":{"version":2}}') }
        : usual;
    },
  })),
  lawful('times-in-seconds', 'Times have whole seconds.', {
    writeTime: (at) => toDateTime(at).replace(/\.\d+Z$/, 'Z'),
  }),
  lawful('times-in-nanoseconds', 'Times have nanoseconds and small letters.', {
    writeTime: (at) =>
      toDateTime(at)
        .replace(/(\.\d+)Z$/, '$1456789z')
        .replace('T', 't'),
  }),
  lawful('times-elsewhere', 'Times have the offset of another zone.', {
    writeTime: (at) => toDateTime(at + 7_200_000).replace('Z', '+02:00'),
  }),
  lawful('null-for-absent', 'Optional fields of an instance are null.', ({ listed }) => ({
    listed: (instance) => {
      const described = listed(instance);
      const state = { ...described.state, error: null, health: null, readiness: null };
      return { ...described, state, extension: null, stateful: null, purge_time: null, service: null, autoscale: null };
    },
  })),
  lawful(
    'indented',
    'JSON is indented, and its charset written in capitals.',
    changeAnswers(always, ({ headers, body }) => ({
      headers: { ...headers, 'content-type': 'application/json; charset="UTF-8"' },
      body: `${JSON.stringify(JSON.parse(body), null, 2)}\n`,
    })),
  ),
  lawful(
    'one-connection-each',
    'Each answer closes its connection.',
    changeAnswers(always, ({ headers }) => ({ headers: { ...headers, connection: 'close' } })),
  ),
  lawful('slash-redirects', 'A path with a slash behind it leads to that without.', ({ send }) => ({
    send: (response, answer, call) => {
      if (!call.path.endsWith('/')) return send(response, answer, call);
      response.writeHead(308, { location: call.path.slice(0, -1) }).end();
    },
  })),
];
