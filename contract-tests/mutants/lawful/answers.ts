import type { Operation } from '../../reference/rules.ts';
import { changeAnswers, changeData } from '../mutant.ts';
import { type Lawful, lawful } from './lawful.ts';

type Data = Readonly<Record<string, unknown>>;

const all: readonly Operation[] = ['claim', 'spawn', 'release'];

const only = (data: Data, names: readonly string[]): Data =>
  Object.fromEntries(Object.entries(data).filter(([name]) => names.includes(name)));

const written = (change: (time: string) => string): Lawful['apply'] => {
  const inAll = (value: unknown): unknown =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? change(value) : value;
  return (rules) =>
    changeData(rules, ['release'], (data: Data) =>
      Object.fromEntries(Object.entries(data).map(([name, value]) => [name, inAll(value)])),
    );
};

/** How good answers may look. */
export const lawfulAnswers: readonly Lawful[] = [
  lawful('release-as-spawned', 'Release answers the schema that its operation names, and nothing else.', (rules) =>
    changeData(rules, ['release'], (data: Data) => only(data, ['instance_id', 'server_id', 'environment', 'token'])),
  ),
  lawful('release-as-released', 'Release answers the schema that is described for it, and nothing else.', (rules) =>
    changeData(rules, ['release'], (data: Data) => only(data, ['instance_id', 'claimed', 'spawned', 'released'])),
  ),
  lawful('release-as-id', 'Release answers what its schema requires: the ID.', (rules) =>
    changeData(rules, ['release'], (data: Data) => only(data, ['instance_id'])),
  ),
  lawful('further-fields', 'Answers have fields beside those described.', (rules) => {
    changeData(rules, all, (data: Data) => ({ ...data, region: 'here', labels: {} }));
    const { listed } = rules;
    rules.listed = (instance) => ({ ...listed(instance), note: null });
    changeAnswers(
      rules,
      (outcome) => 'data' in outcome,
      (answer) => ({ ...answer, body: answer.body.replace(/}$/, ',"error":null,"meta":{"version":2}}') }),
    );
  }),
  lawful(
    'times-in-seconds',
    'Times have whole seconds.',
    written((time) => time.replace(/\.\d+Z$/, 'Z')),
  ),
  lawful(
    'times-in-nanoseconds',
    'Times have nanoseconds and small letters.',
    written((time) => time.replace(/(\.\d+)Z$/, '$1456789z').replace('T', 't')),
  ),
  lawful(
    'times-elsewhere',
    'Times have the offset of another zone.',
    written((time) => new Date(Date.parse(time) + 7_200_000).toISOString().replace('Z', '+02:00')),
  ),
  lawful('null-for-absent', 'Optional fields of an instance are null.', (rules) => {
    const { listed } = rules;
    rules.listed = (instance) => {
      const described = listed(instance);
      const state = { ...(described['state'] as object), error: null, health: null, readiness: null };
      return { ...described, state, extension: null, stateful: null, purge_time: null, service: null, autoscale: null };
    };
  }),
  lawful('indented', 'JSON is indented, and its charset written in capitals.', (rules) =>
    changeAnswers(
      rules,
      () => true,
      (answer) => ({
        ...answer,
        headers: { ...answer.headers, 'content-type': 'application/json; charset="UTF-8"' },
        body: `${JSON.stringify(JSON.parse(answer.body), null, 2)}\n`,
      }),
    ),
  ),
  lawful('one-connection-each', 'Each answer closes its connection.', (rules) =>
    changeAnswers(
      rules,
      () => true,
      (answer) => ({ ...answer, headers: { ...answer.headers, connection: 'close' } }),
    ),
  ),
  lawful('slash-redirects', 'A path with a slash behind it leads to that without.', (rules) => {
    const { send } = rules;
    rules.send = (response, answer, call) => {
      if (!call.path.endsWith('/')) return send(response, answer, call);
      response.writeHead(308, { location: call.path.slice(0, -1) }).end();
    };
  }),
];
