import { type Accepted, type Call, isData, type Operation, operations, type Reference, type Rules } from './rules.ts';

/** A container that is no function. */
export const otherContainerId = '65a0000000000000000000cf';

const jsonPattern = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;
const largestBody = 1024 * 1024;

export const createCheckRules = (reference: Reference) =>
  ({
    checkOrder: ['checkKey', 'checkPath', 'checkContainer', 'checkSize', 'checkType', 'checkSyntax', 'checkFields'],
    admits: ({ key }) => key === reference.accessKey,
    checkKey: (call) => (reference.rules.admits(call) ? null : reference.rules.refuse.badKey),
    checkPath: (call) => {
      const operation = readPath(call.path)?.operation;
      if (operation === undefined || call.method !== (operation === 'active' ? 'GET' : 'POST'))
        return reference.rules.refuse.badPath;
      call.operation = operation;
      return null;
    },
    checkContainer: (call) => {
      const id = decode(readPath(call.path)?.containerId ?? '');
      if (id === otherContainerId) return reference.rules.refuse.noFunction;
      call.fn = reference.functions.find((fn) => fn.id === id) ?? null;
      return call.fn ? null : reference.rules.refuse.noContainer;
    },
    checkSize: (call) => (Buffer.byteLength(call.text) > largestBody ? reference.rules.refuse.tooLarge : null),
    checkType: (call) => {
      // A missing body has no type that could be wrong; it has its own error.
      const isMeant = call.operation !== 'active' && call.text !== '';
      return isMeant && !jsonPattern.test(call.contentType) ? reference.rules.refuse.badType : null;
    },
    checkSyntax: (call) => {
      if (call.operation === 'active') return null;
      if (call.text === '') return reference.rules.refuse.missing;
      try {
        call.fields = JSON.parse(call.text);
        return null;
      } catch {
        return reference.rules.refuse.badSyntax;
      }
    },
    checkFields: (call) => {
      const problem = call.operation === 'active' ? null : findFieldProblem(call);
      return problem && { ...reference.rules.refuse[problem.refusal], source: problem.source };
    },
  }) satisfies Partial<Rules>;

/** The container and the operation that a path names, both as they are written; null for any other path. */
export const readPath = (path: string): { readonly containerId: string; readonly operation: Operation } | null => {
  const [, containerId, name] = /^\/v1\/functions\/([^/]+)\/([a-z]+)$/.exec(path) ?? [];
  const operation = operations.find((one) => one === name);
  return containerId === undefined || operation === undefined ? null : { containerId, operation };
};

export const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

type Problem = { readonly refusal: 'missing' | 'invalid'; readonly source: string };

const invalid = (source: string): Problem => ({ refusal: 'invalid', source });

/** The first field of the body that is missing or has a wrong form. */
const findFieldProblem = ({ operation, fields }: Call): Problem | null => {
  if (!isData(fields)) return invalid('');
  const required = operation === 'claim' ? ['token'] : ['token', 'instance_id'];
  const missing = required.find((name) => fields[name] === undefined);
  if (missing !== undefined) return { refusal: 'missing', source: `/${missing}` };
  const { token } = fields;
  if (typeof token !== 'string' || (operation !== 'claim' && [...token].length < 5)) return invalid('/token');
  if (operation === 'claim') return null;
  const id = fields['instance_id'];
  if (typeof id !== 'string' || !/^[0-9a-f]{24}$/.test(id)) return invalid('/instance_id');
  return operation === 'spawn' ? findVariableProblem(fields['runtime_variables']) : null;
};

const findVariableProblem = (runtimeVariables: unknown): Problem | null => {
  const at = '/runtime_variables';
  if (runtimeVariables === undefined || runtimeVariables === null) return null;
  if (!isData(runtimeVariables)) return invalid(at);
  const variables = runtimeVariables['environment_variables'];
  if (variables === undefined || variables === null) return null;
  if (!isData(variables)) return invalid(`${at}/environment_variables`);
  for (const [name, value] of Object.entries(variables)) {
    const wrongName = name === '' || /[=\0]/.test(name);
    if (wrongName || typeof value !== 'string' || value.includes('\0')) {
      return invalid(`${at}/environment_variables/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  }
  return null;
};

/** What a call that has passed the checks asks for. */
export const accept = (call: Call): Accepted => {
  const { fn, fields } = call;
  if (fn === null) throw new Error('No check has found the function.');
  const given = fields?.['runtime_variables'];
  const variables = isData(given) ? given['environment_variables'] : null;
  return {
    ...call,
    fn,
    token: String(fields?.['token']),
    instanceId: String(fields?.['instance_id']),
    variables: Object.fromEntries(
      Object.entries(isData(variables) ? variables : {}).map(([name, value]) => [name, String(value)]),
    ),
  };
};
