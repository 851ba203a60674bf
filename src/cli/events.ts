import { Remote, type RemoteEvent } from './emulator-client.ts';
import type { RemoteFlags } from './options.ts';
import { print, printJson } from './output.ts';

/** `events`: what has happened, as far as the emulator remembers; with `--follow`, what happens from then on as well. */
export const events = async ({
  json,
  follow,
  ...connection
}: RemoteFlags & { readonly follow: boolean }): Promise<void> => {
  for await (const event of await new Remote(connection).events({ follow, after: 0 })) {
    if (json) printJson(event);
    else print(renderEvent(event));
    // The reader has gone, as behind `| head`.
    if (!process.stdout.writable) return;
  }
};

/** Lines and no table: how wide its columns must be is not known before the last event. */
const renderEvent = (event: RemoteEvent): string => {
  const { at, name, container_id: container, instance_id: instance, cursor: _cursor, ...details } = event;
  const rest = Object.entries(details).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [at, name, instance ?? container ?? '', ...rest].filter((part) => part !== '').join('  ');
};
