import type { ControlledFunction } from '../control/control-target.ts';
import { type ErrorAnswer, errorAnswer } from '../http/answers.ts';
import { notReadyAnswer } from '../http/rejection-answers.ts';
import type { Stack } from '../stack/model.ts';
import { unknownFunction } from './invoke.ts';
import type { Live } from './reload-types.ts';

/**
 * Has a function begin with so many instances, as if its stack said so, until that is read again (our choice: a change of
 * `deploy.instances`, within `max_pool_size`). Answers why not, or null once they are made.
 */
export const scaleFunction = async (
  live: Live,
  functions: readonly ControlledFunction[],
  wanted: string,
  instances: number,
): Promise<ErrorAnswer | null> => {
  const found = functions.find(({ name, id }) => name === wanted || id === wanted);
  if (found === undefined) return unknownFunction(wanted, functions);
  const { maxPoolSize } = found.limits();
  if (instances > maxPoolSize) return tooMany(found.name, maxPoolSize);
  if (live.reload === null) return notReadyAnswer('its instances are being made');
  await live.reload(() => withInstances(live.stack, found.id, instances), { rebuild: [] });
  return null;
};

const withInstances = (stack: Stack, id: string, instances: number): Stack => ({
  ...stack,
  functions: stack.functions.map((spec) =>
    spec.containerId === id ? { ...spec, pool: { ...spec.pool, instances } } : spec,
  ),
});

const tooMany = (name: string, most: number): ErrorAnswer =>
  errorAnswer('422.max-exceeded', 'Too many instances', {
    detail: `${name} has at most ${most} instances. Ask for no more, or raise its max_pool_size in the stack.`,
    source: '/instances',
  });
