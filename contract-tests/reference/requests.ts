import type { Call, Operation, Reference, Rules } from './rules.ts';

type Problem = { readonly refusal: 'missing' | 'invalid'; readonly source: string };

const invalid = (source: string): Problem => ({ refusal: 'invalid', source });

/** The first field of the body that is missing or has a wrong form. */
const findFieldProblem = ({ operation, fields }: Call): Problem | null => {
  if (!isObject(fields)) return invalid('');
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
  if (!isObject(runtimeVariables)) return invalid(at);
  const variables = runtimeVariables['environment_variables'];
  if (variables === undefined || variables === null) return null;
  if (!isObject(variables)) return invalid(`${at}/environment_variables`);
  for (const [name, value] of Object.entries(variables)) {
    const wrongName = name === '' || /[=\0]/.test(name);
    if (wrongName || typeof value !== 'string' || value.includes('\0')) {
      return invalid(`${at}/environment_variables/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  }
  return null;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type CheckRules = Pick<Rules, 'checkOrder' | 'checks' | 'admits'>;

const pathPattern = /^\/v1\/functions\/([^/]+)\/(claim|spawn|release|active)$/;
const jsonPattern = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;
const largestBody = 1024 * 1024;

/** A container that is no function. */
export const otherContainerId = '65a0000000000000000000cf';

export const createCheckRules = (reference: Reference): CheckRules => ({
  checkOrder: ['key', 'path', 'container', 'size', 'type', 'syntax', 'fields'],
  admits: (key) => key === reference.accessKey,
  checks: {
    key: (call) => (reference.rules.admits(call.key, call) ? null : reference.rules.refuse.badKey),
    path: (call) => {
      const operation = pathPattern.exec(call.path)?.[2] as Operation | undefined;
      if (operation === undefined) return reference.rules.refuse.badPath;
      if (call.method !== (operation === 'active' ? 'GET' : 'POST')) return reference.rules.refuse.badPath;
      call.operation = operation;
      return null;
    },
    container: (call) => {
      const id = decode(pathPattern.exec(call.path)?.[1] ?? '');
      if (id === otherContainerId) return reference.rules.refuse.noFunction;
      call.fn = reference.functions.find((fn) => fn.id === id) ?? null;
      return call.fn ? null : reference.rules.refuse.noContainer;
    },
    size: (call) => (Buffer.byteLength(call.text) > largestBody ? reference.rules.refuse.tooLarge : null),
    type: (call) => {
      // A missing body has no type that could be wrong; it has its own error.
      const isMeant = call.operation !== 'active' && call.text !== '';
      return isMeant && !jsonPattern.test(call.contentType) ? reference.rules.refuse.badType : null;
    },
    syntax: (call) => {
      if (call.operation === 'active') return null;
      if (call.text === '') return reference.rules.refuse.missing;
      try {
        call.fields = JSON.parse(call.text);
        return null;
      } catch {
        return reference.rules.refuse.badSyntax;
      }
    },
    fields: (call) => {
      const problem = call.operation === 'active' ? null : findFieldProblem(call);
      return problem && { ...reference.rules.refuse[problem.refusal], source: problem.source };
    },
  },
});

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
