import { createRequire } from 'node:module';
import { toMessage } from '../src/shared/errors.ts';
import { inPackage } from './npx.ts';

/** What of testcontainers the bench uses. */
type Started = { stop(): Promise<unknown> };
type Generic = {
  withCommand(command: readonly string[]): Generic;
  withEnvironment(variables: Readonly<Record<string, string>>): Generic;
  withLabels(labels: Readonly<Record<string, string>>): Generic;
  start(): Promise<Started>;
};
type Module = { readonly GenericContainer: new (image: string) => Generic };

/** Makes a container and starts it as users of testcontainers do, on the engine's own network. */
export type StartTestcontainer = (
  image: string,
  variables: Readonly<Record<string, string>>,
  command?: readonly string[],
) => Promise<Started>;

/**
 * Installs testcontainers; null where that cannot be done, which is said.
 *
 * @param labels by which containers are found that a killed bench has left. Its own helper for that stays out: it costs
 *   time, and its image may have to be pulled.
 */
export const loadTestcontainers = async (
  labels: Readonly<Record<string, string>>,
): Promise<StartTestcontainer | null> => {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  try {
    const [programs] = (await inPackage('testcontainers@12.2.0', 'echo "$PATH"')).split(':');
    const { GenericContainer } = createRequire(`${programs}/`)('testcontainers') as Module;
    return async (image, variables, command) => {
      const container = new GenericContainer(image).withEnvironment(variables).withLabels(labels);
      return await (command === undefined ? container : container.withCommand(command)).start();
    };
  } catch (error) {
    console.error(`testcontainers could not be installed: ${toMessage(error)}`);
    return null;
  }
};
