import { decode, readPath } from '../reference/requests.ts';
import { type Call, type Fn, isData } from '../reference/rules.ts';
import { changeAnswers, fails, isRefusedAs, type Mutant, notes, warns } from './mutant.ts';

/** Puts fields in place of a body's own before they are checked. */
const correcting = (name: string, description: string, correct: (call: Call) => object): Mutant =>
  fails(name, description, ({ checkFields }) => ({
    checkFields: (call) => {
      if (isData(call.fields)) call.fields = { ...call.fields, ...correct(call) };
      return checkFields(call);
    },
  }));

const nothing: Fn = { id: '', identifier: '', instances: [], free: [], line: [] };

const isOperation = ({ path }: Call): boolean => readPath(path) !== null;

/** What becomes of bad requests. */
export const requestMutants: readonly Mutant[] = [
  fails(
    'unknown-container-taken',
    'An unknown container stands for the first one.',
    ({ checkContainer, refuse }, { functions }) => ({
      checkContainer: (call) => {
        const rejection = checkContainer(call);
        if (rejection === refuse.noContainer) [call.fn] = functions;
        return call.fn ? null : rejection;
      },
    }),
  ),
  fails('unknown-container-active-empty', 'An unknown container has an empty list.', ({ checkContainer }) => ({
    checkContainer: (call) => {
      const rejection = checkContainer(call);
      if (rejection && call.operation === 'active') call.fn = nothing;
      return call.fn ? null : rejection;
    },
  })),
  fails(
    'container-compared-as-number',
    'Container IDs are compared as numbers of double precision.',
    ({ checkContainer, refuse }, { functions }) => ({
      checkContainer: (call) => {
        const rejection = checkContainer(call);
        const id = Number(`0x${readPath(call.path)?.containerId}`);
        if (rejection === refuse.noContainer) call.fn = functions.find((fn) => Number(`0x${fn.id}`) === id) ?? null;
        return call.fn ? null : rejection;
      },
    }),
  ),
  fails('container-trimmed', 'Blanks around a container’s ID do not matter.', ({ checkContainer }, { functions }) => ({
    checkContainer: (call) => {
      const rejection = checkContainer(call);
      const id = decode(readPath(call.path)?.containerId ?? '').trim();
      call.fn ??= functions.find((fn) => fn.id === id) ?? null;
      return call.fn ? null : rejection;
    },
  })),
  notes('unknown-path-taken', 'An unknown path answers 200.', ({ checkPath, checkContainer }) => ({
    checkPath: (call) => {
      if (isOperation(call)) return checkPath(call);
      call.operation = 'active';
      return null;
    },
    checkContainer: (call) => {
      if (isOperation(call)) return checkContainer(call);
      call.fn = nothing;
      return null;
    },
  })),
  warns('method-ignored', 'Any method will do.', ({ checkPath }) => ({
    checkPath: (call) => {
      const operation = readPath(call.path)?.operation ?? null;
      const rejection = checkPath({ ...call, method: operation === 'active' ? 'GET' : 'POST' });
      call.operation = operation;
      return rejection;
    },
  })),
  notes('wrong-method-as-405', 'A wrong method answers 405, which the description does not list.', ({ checkPath }) => ({
    checkPath: (call) => {
      const rejection = checkPath(call);
      const refused = { status: 405, code: '405.method-not-allowed', title: 'Method not allowed' };
      return rejection && isOperation(call) ? refused : rejection;
    },
  })),
  fails(
    'malformed-json-as-html',
    'Malformed JSON answers an HTML page.',
    changeAnswers(isRefusedAs('badSyntax'), {
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<!DOCTYPE html><title>Error</title><pre>SyntaxError: Unexpected token</pre>',
    }),
  ),
  fails('malformed-json-crashes', 'Malformed JSON ends the connection.', ({ send, refuse: { badSyntax } }) => ({
    send: (response, answer, call) =>
      answer.body.includes(badSyntax.code) ? response.destroy() : send(response, answer, call),
  })),
  fails('malformed-json-unanswered', 'Malformed JSON is never answered.', ({ send, refuse: { badSyntax } }) => ({
    send: (response, answer, call) => {
      if (!answer.body.includes(badSyntax.code)) send(response, answer, call);
    },
  })),
  notes('content-type-ignored', 'Any content type will do.', { checkType: () => null }),
  fails('missing-body-taken', 'A missing body stands for an empty token.', ({ checkSyntax }) => ({
    checkSyntax: (call) => {
      if (call.text !== '') return checkSyntax(call);
      call.fields = { token: '' };
      return null;
    },
  })),
  correcting('missing-token-taken', 'A missing token stands for an empty one.', ({ operation, fields }) =>
    operation === 'claim' && fields?.['token'] === undefined ? { token: '' } : {},
  ),
  correcting('mistyped-token-taken', 'A number stands for a token.', ({ fields }) =>
    typeof fields?.['token'] === 'number' ? { token: String(fields['token']) } : {},
  ),
  correcting('null-token-taken', 'Null stands for a token.', ({ fields }) =>
    fields?.['token'] === null ? { token: 'null!' } : {},
  ),
  fails('array-body-crashes', 'A body that is a list answers an internal error.', ({ checkFields, refuse }) => ({
    checkFields: (call) => (Array.isArray(call.fields) ? refuse.failed : checkFields(call)),
  })),
  fails('odd-instance-id-crashes', 'A bad instance ID answers an internal error.', ({ checkFields, refuse }) => ({
    checkFields: (call) => {
      const id = call.fields?.['instance_id'];
      return typeof id === 'string' && !/^[0-9a-f]{24}$/.test(id) ? refuse.failed : checkFields(call);
    },
  })),
  notes('short-token-spawns', 'Spawn and release take tokens of four characters (D3).', ({ checkFields }) => ({
    checkFields: (call) => {
      const token = call.fields?.['token'];
      return checkFields(
        typeof token === 'string' ? { ...call, fields: { ...call.fields, token: token.padEnd(5, '-') } } : call,
      );
    },
  })),
  warns('unknown-fields-refused', 'A field beyond the description is refused.', ({ checkFields, refuse }) => ({
    checkFields: (call) => {
      const known = ['token', 'instance_id', 'runtime_variables'];
      const unknown = Object.keys(call.fields ?? {}).find((name) => !known.includes(name));
      return checkFields(call) ?? (unknown === undefined ? null : { ...refuse.invalid, source: `/${unknown}` });
    },
  })),
  fails('json-escapes-unread', 'Escapes in JSON texts are kept as they are written.', ({ checkSyntax }) => ({
    checkSyntax: (call) => {
      call.text = call.text.replaceAll(/\\u(?=[\da-f]{4})/gi, '\\\\u');
      return checkSyntax(call);
    },
  })),
];
