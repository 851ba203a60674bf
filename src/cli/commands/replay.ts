import { once } from 'node:events';
import { refuseExposureWithoutKeys } from '../../http/access-key.ts';
import { startHttpServer } from '../../http/server.ts';
import { parseRecording } from '../../recording/recorder.ts';
import { createReplayApp, Replay } from '../../recording/replay.ts';
import { largestWrittenFile, readTextFile } from '../../shared/read-small-file.ts';
import { createLogger } from '../logger.ts';
import { print, printError, printJson } from '../output.ts';
import { listenForStopSignal } from '../stop-signal.ts';

export type ReplayFlags = {
  readonly port: number;
  readonly host: string;
  readonly accessKey?: string;
  readonly logLevel: string;
  readonly json: boolean;
};

/** `replay <file>`: answers a recording until a signal comes. 1 where something was asked for that it does not have. */
export const replay = async (path: string, flags: ReplayFlags): Promise<number> => {
  const { host, port, accessKey, logLevel, json } = flags;
  const stopSignal = listenForStopSignal(() => process.exit(1));
  // A key that is empty is none.
  const accessKeys = accessKey ? [{ name: 'given', secret: accessKey, ips: [] }] : [];
  refuseExposureWithoutKeys(host, accessKeys, '--access-key');
  const { text } = await readTextFile(path, 'the recording', { largestBytes: largestWrittenFile });
  const recording = parseRecording(text, path);
  const replay = new Replay(recording);
  const unexpected: string[] = [];
  const logger = createLogger(logLevel, json);
  const app = createReplayApp({
    replay,
    accessKeys,
    logger,
    onUnexpected: (reason) => {
      unexpected.push(reason);
      printError(`Unexpected request: ${reason}.`);
    },
  });
  await using server = await startHttpServer({ app, host, port, flag: '--port', logger });
  if (!recording.complete) printError('The recording is incomplete: it reached its size limit.');
  const { exchanges, linked } = recording;
  const ofFunctions = `${count(linked.length, 'request')} to functions over HTTP`;
  if (linked.length > 0)
    printError(`The recording has ${ofFunctions}. A replay runs no function, and answers none of them.`);
  if (json) printJson({ event: 'ready', url: server.url, exchanges: exchanges.length });
  else print(`ready ${server.url}`);
  if (!stopSignal.aborted) await once(stopSignal, 'abort');
  const left = replay.left;
  if (json) printJson({ event: 'stopped', unexpected, left });
  else
    print(
      `stopped: ${count(unexpected.length, 'unexpected request')}, ${left} recorded ${left === 1 ? 'one' : 'ones'} never came`,
    );
  return unexpected.length === 0 ? 0 : 1;
};

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
