import { EmulatorError } from '../../../src/shared/errors.ts';
import { parseStack } from '../../../src/stack/load-stack.ts';
import type { FunctionSpec, Stack } from '../../../src/stack/model.ts';

/** As little as a stack with a function can say. */
export const smallest = {
  version: '1.0',
  containers: {
    job: {
      image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
      config: { deploy: { strategy: 'function', instances: 1 } },
    },
  },
  services: { scheduler: { config: { access_keys: [{ name: 'local', secret: 'local-secret' }] } } },
};

export type Changes = Readonly<Record<string, unknown>>;

const job = 'containers.job.';

/** A copy of the smallest stack with values set at dotted paths; `.x` is short for `containers.job.x`. */
export const sample = (changes: Changes = {}): unknown => {
  const stack: unknown = structuredClone(smallest);
  for (const [path, value] of Object.entries(changes)) setAt(stack, path.replace(/^\./, job).split('.'), value);
  return stack;
};

const setAt = (target: unknown, [step = '', ...rest]: readonly string[], value: unknown): void => {
  const object = target as Record<string, unknown>;
  if (rest.length === 0) {
    object[step] = value;
    return;
  }
  object[step] ??= {};
  setAt(object[step], rest, value);
};

export const parseSample = (changes: Changes = {}): Stack =>
  parseStack(sample(changes), { source: 'sample.yaml', root: '/stacks' });

export const parseJob = (changes: Changes = {}): FunctionSpec => {
  const [spec] = parseSample(changes).functions;
  if (spec === undefined) throw new Error('the sample has no function');
  return spec;
};

/** The lines that say what is wrong, without the first, which says that something is. */
export const problemsOf = (parse: () => unknown): readonly string[] => {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    // The warnings come behind the problems.
    const [problems = ''] = error.message.split('\nWarnings:\n');
    return problems.split('\n').slice(1);
  }
  return [];
};

/** The problems of the sample with the changes, without the name of the file. */
export const problemsWith = (changes: Changes): readonly string[] =>
  problemsOf(() => parseSample(changes)).map((line) => line.replace(/^sample\.yaml:? /, ''));
