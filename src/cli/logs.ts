import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { Remote } from './emulator-client.ts';
import { findInstance } from './find-target.ts';
import { createNamedOutput, type NamedOutput } from './named-output.ts';
import type { RemoteFlags } from './options.ts';
import { printError, printJson, writeOut } from './output.ts';

export type LogsFlags = RemoteFlags & { readonly follow: boolean; readonly raw: boolean };

/** `logs <instance>`: prints the output of the latest run on an instance. */
export const logs = async (wanted: string, { json, follow, raw, ...connection }: LogsFlags): Promise<void> => {
  const remote = new Remote(connection);
  const { instance } = findInstance(await remote.state(), wanted, follow);
  const { output, missingBytes } = await remote.logs(instance.id, { follow, raw });
  if (raw && missingBytes !== null) printError(`${missingBytes} bytes are missing before the first of these.`);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const bytes of output) {
    if (json) printJson({ text: decoder.decode(bytes, { stream: true }) });
    // A reader that has read enough, as `| head` does, has what was asked for.
    else if (!(await writeOut(process.stdout, bytes))) return;
  }
};

/**
 * `logs` of all functions: the latest run of each instance, one after the other; with `follow`, what runs now and all that
 * comes, as it comes.
 */
export const logsOfAll = async ({ json, follow, raw, ...connection }: LogsFlags): Promise<void> => {
  if (raw) throw new EmulatorError(errorCodes.badOption, onlyLines);
  const remote = new Remote(connection);
  const readerGone = new AbortController();
  try {
    await (follow ? followAll : printAll)(remote, json, readerGone);
  } catch (error) {
    if (!readerGone.signal.aborted) throw error;
  }
};

const onlyLines = 'Failed to print bytes: of all functions there are only lines. Name an instance.';

const printAll = async (remote: Remote, json: boolean, readerGone: AbortController): Promise<void> => {
  const { functions } = await remote.state();
  const show = createNamedOutput(functions, json, readerGone);
  const ran = functions.flatMap(({ container_id: of, instances }) =>
    instances.flatMap(({ id, latest_start: at }) => (at ? [{ of, id, at: Date.parse(at) }] : [])),
  );
  for (const { of, id } of ran.toSorted((one, other) => one.at - other.at))
    await show(of, id, (await remote.output(id, { follow: false, signal: readerGone.signal })).output);
};

const followAll = async (remote: Remote, json: boolean, readerGone: AbortController): Promise<void> => {
  const { signal } = readerGone;
  // Before the state, so that no claim comes between the two.
  const claims = await remote.events({ follow: true, name: 'instance.claimed', signal });
  const { functions } = await remote.state();
  const runs = followRuns(remote, createNamedOutput(functions, json, readerGone), signal);
  for (const { container_id: of, instances } of functions)
    for (const { id, state } of instances) if (!idle.includes(state)) runs.add(of, id);
  for await (const { container_id: of, instance_id: id } of claims) if (of && id) runs.add(of, id);
  await runs.ended();
};

const idle: readonly string[] = ['preparing', 'available', 'failed'];

/** Follows an instance's run to its end, and again where the instance was added meanwhile: once for each run. */
const followRuns = (remote: Remote, show: NamedOutput, signal: AbortSignal) => {
  const marks = new Map<string, { wanted: boolean; run: string | null }>();
  const following = new Map<string, Promise<void>>();
  const follow = async (of: string, id: string, mark: { wanted: boolean; run: string | null }): Promise<void> => {
    while (mark.wanted && !signal.aborted) {
      mark.wanted = false;
      const seen = new AbortController();
      const { run, output } = await remote.output(id, { follow: true, signal: AbortSignal.any([signal, seen.signal]) });
      if (run === mark.run) seen.abort();
      else await show(of, id, output);
      mark.run = run;
    }
  };
  return {
    add: (of: string, id: string): void => {
      const mark = marks.get(id) ?? { wanted: false, run: null };
      marks.set(id, mark);
      mark.wanted = true;
      if (following.has(id)) return;
      // An instance that has gone has no more to say, and that the emulator has gone its events say.
      const ended = follow(of, id, mark)
        .catch(() => {})
        .finally(() => following.delete(id));
      following.set(id, ended);
    },
    ended: () => Promise.all(following.values()),
  };
};
