import type { Call } from './model.ts';

type Problem = { readonly refusal: 'missing' | 'invalid'; readonly source: string };

const invalid = (source: string): Problem => ({ refusal: 'invalid', source });

/** The first field of the body that is missing or has a wrong form. */
export const findFieldProblem = ({ operation, fields }: Call): Problem | null => {
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
