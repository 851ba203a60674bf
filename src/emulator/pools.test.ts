import { expect, test } from 'vitest';
import { sampleStack } from '../../test/support/sample-stack.ts';
import type { ContainerRuntime, EnvironmentNetwork, ImageSource } from '../runtime/port.ts';
import { GivenAway, prepareFunctions } from './pools.ts';

test('a function keeps its image, but not that of a stack that failed, nor after the function was removed', async () => {
  let [builds, fails] = [0, false];
  const prepareImage = (source: ImageSource): Promise<string> => {
    builds += 1;
    return fails && source === two?.image ? Promise.reject(new Error('broken')) : Promise.resolve(`build ${builds}`);
  };
  const stack = sampleStack({ one: {}, two: {} });
  const [, two] = stack.functions;
  const stackOf = (names: readonly string[]) => ({
    ...stack,
    functions: stack.functions.filter(({ identifier }) => names.includes(identifier)),
  });
  const network = { number: 1, ipv6: false } as EnvironmentNetwork;
  const given = new GivenAway();
  const prepare = async (isTouched?: () => boolean, names = ['one', 'two']) => {
    const runtime: Pick<ContainerRuntime, 'prepareImage'> = { prepareImage };
    const functions = await prepareFunctions(runtime, network, stackOf(names), { stack }, given, isTouched);
    return functions.map(({ pool, describeInstance }) => describeInstance(pool.instanceIdAt(0), 0).container.image);
  };
  const before = await prepare();
  fails = true;
  await expect(prepare()).rejects.toThrow('broken');
  expect(await prepare(() => false)).toEqual(before);
  fails = false;
  await prepare(() => false, ['two']);
  expect(await prepare(() => false)).toEqual(['build 5', 'build 2']);
});
