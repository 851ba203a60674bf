import type { ContainerInspectInfo } from 'dockerode';
import type { DockerConnection } from './connection.ts';
import { ignoreStatus, statusOf } from './docker-errors.ts';

/** Null where it is gone. Of one that goes at this moment Podman answers 500, and 404 when it is asked again. */
export const inspectContainer = async (
  { docker }: DockerConnection,
  dockerId: string,
): Promise<ContainerInspectInfo | null> => {
  const inspect = () => docker.getContainer(dockerId).inspect();
  const again = (error: unknown) => (statusOf(error) === 500 ? inspect() : Promise.reject(error));
  return (await inspect().catch(again).catch(ignoreStatus(404))) ?? null;
};
