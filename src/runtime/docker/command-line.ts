import type { ContainerSpec } from '../port.ts';
import type { Engine } from './engine.ts';
import { retryOnReset } from './engine-errors.ts';

/** The process's argument list as the engine would make it of the spec and the image, for what takes it whole. */
export const loadCommandLine = async (
  { docker }: Engine,
  { image, command }: ContainerSpec,
): Promise<readonly string[]> => {
  if (command !== null && command.path !== null) return [command.path, ...command.args];
  const { Config } = await retryOnReset(() => docker.getImage(image).inspect());
  const entrypoint = [Config.Entrypoint ?? []].flat();
  const args = command === null || command.args.length === 0 ? (Config.Cmd ?? []) : command.args;
  return [...entrypoint, ...args];
};
