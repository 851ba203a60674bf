import { printJson, writeOut } from './output.ts';
import { Remote } from './remote/remote.ts';
import type { RemoteFlags } from './remote-options.ts';

/** `logs <instance>`: what the latest run on an instance has printed. */
export const logs = async (
  instanceId: string,
  { json, follow, ...connection }: RemoteFlags & { readonly follow: boolean },
): Promise<void> => {
  const output = await new Remote(connection).logs(instanceId, { follow });
  const decoder = new TextDecoder();
  for await (const bytes of output) {
    if (json) printJson({ text: decoder.decode(bytes, { stream: true }) });
    else await writeOut(process.stdout, bytes);
  }
};
