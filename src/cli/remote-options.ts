import { InvalidArgumentError, Option } from 'commander';
import type { Connection } from './remote/request.ts';

/** What every command against a running emulator takes. */
export type RemoteFlags = Connection & { readonly json: boolean };

/** The port that a `start` with this environment serves, as in the image. */
const ownPort = (port = process.env['CYCLE_SCHEDULER_PORT'] ?? ''): string => (/^[1-9]\d*$/.test(port) ? port : '4280');

export const urlOption = new Option('--url <url>', 'URL of the emulator')
  .env('CYCLE_SCHEDULER_URL')
  .default(`http://127.0.0.1:${ownPort()}`);

export const controlUrlOption = new Option(
  '--control-url <url>',
  'URL of its control API, if that has a port of its own',
).env('CYCLE_SCHEDULER_CONTROL_URL');

export const accessKeyOption = new Option('--access-key <secret>', "one of the stack's access keys").env(
  'CYCLE_ACCESS_KEY',
);

/** `--env K=V`, as often as wanted. */
export const collectVariable = (
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as NAME=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};
