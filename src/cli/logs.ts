import { Remote } from './emulator-client.ts';
import type { RemoteFlags } from './options.ts';
import { printError, printJson, writeOut } from './output.ts';

type LogsFlags = RemoteFlags & { readonly follow: boolean; readonly raw: boolean };

/** `logs <instance>`: prints the output of the latest run on an instance. */
export const logs = async (instanceId: string, { json, follow, raw, ...connection }: LogsFlags): Promise<void> => {
  const { output, missingBytes } = await new Remote(connection).logs(instanceId, { follow, raw });
  if (raw && missingBytes !== null) printError(`${missingBytes} bytes are missing before the first of these.`);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const bytes of output) {
    if (json) printJson({ text: decoder.decode(bytes, { stream: true }) });
    // A reader that has read enough, as `| head` does, has what was asked for.
    else if (!(await writeOut(process.stdout, bytes))) return;
  }
};
