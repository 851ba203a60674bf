import { randomUUID } from 'node:crypto';
import { performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { toMessage as toText } from '../../../shared/errors.ts';
import type { DockerConnection } from '../connection.ts';
import { dial } from '../dial.ts';
import { sendFiles } from './file-sync.ts';
import { writeMessage } from './grpc.ts';
import type { BuildContext } from './load-context.ts';
import { toMessage } from './protobuf.ts';

/** A connection over which BuildKit asks this process for files while it builds. */
export type BuildSession = Disposable & {
  readonly id: string;
  /** Why files could not be sent, if they could not: the engine reports it in its own words. */
  readonly failure: unknown;
};

const syncFiles = '/moby.filesync.v1.FileSync/DiffCopy';
const checkHealth = '/grpc.health.v1.Health/Check';

/** Numbers of gRPC. Unimplemented is what BuildKit expects of a client without credentials or secrets. */
const codes = { ok: 0, unknown: 2, unimplemented: 12 } as const;

/**
 * Opens a session with the engine's BuildKit. It is the docker CLI's way and the only whole one: a context sent as a tar
 * would have the Dockerfile among the files that are copied, and without a session a registry that gives out tokens, such
 * as Docker Hub, cannot be asked for a base image.
 *
 * @param contentId distinguishes contexts: BuildKit keeps files and compares only their sizes and times with what comes
 */
export const openBuildSession = async (
  engine: DockerConnection,
  context: BuildContext,
  contentId: string,
): Promise<BuildSession> => {
  const id = randomUUID();
  const headers = {
    Upgrade: 'h2c',
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': 'cycle-scheduler',
    'X-Docker-Expose-Session-Sharedkey': contentId,
    'X-Docker-Expose-Session-Grpc-Method': [syncFiles, checkHealth],
  };
  const request = { path: '/session', method: 'POST', hijack: true, headers, statusCodes: { 101: true } };
  const socket = await dial<Duplex>(engine, request);
  // An engine that goes away is noticed by the build, which waits for its answer.
  socket.on('error', () => {});
  const session = performServerHandshake(socket);
  session.on('error', () => {});
  let failure: unknown = null;
  session.on('stream', (stream, headers, _flags, rawHeaders) => {
    stream.on('error', () => {});
    const call = String(headers[':path']);
    answerCall(stream, call, context, rawHeaders).catch((error: unknown) => {
      // The first says why; what comes after is its consequence.
      if (!stream.destroyed) failure ??= error;
      endCall(stream, codes.unknown, toText(error));
    });
  });
  return {
    id,
    get failure() {
      return failure;
    },
    [Symbol.dispose]: () => {
      session.destroy();
      socket.destroy();
    },
  };
};

const answerCall = async (
  stream: ServerHttp2Stream,
  call: string,
  context: BuildContext,
  rawHeaders: readonly string[],
): Promise<void> => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  if (call === checkHealth) {
    const serving = 1;
    await writeMessage(stream, toMessage({ 1: serving }));
    return endCall(stream, codes.ok);
  }
  if (call !== syncFiles) return endCall(stream, codes.unimplemented, `${call} is not served`);
  const [folder = ''] = valuesOf(rawHeaders, 'dir-name');
  await sendFiles(stream, context, folder, valuesOf(rawHeaders, 'include-patterns'));
  endCall(stream, codes.ok);
};

/** A header that is given several times; values that are not plain ASCII come encoded, which another header says. */
const valuesOf = (rawHeaders: readonly string[], name: string): readonly string[] => {
  const isEncoded = rawHeaders.some((header, at) => at % 2 === 0 && header === `${name}-encoded`);
  return rawHeaders
    .filter((_value, at) => at % 2 === 1 && rawHeaders[at - 1] === name)
    .map((value) => (isEncoded ? decodeURIComponent(value.replaceAll('+', ' ')) : value));
};

const endCall = (stream: ServerHttp2Stream, code: number, message = ''): void => {
  if (stream.destroyed || stream.writableEnded) return;
  stream.once('wantTrailers', () =>
    stream.sendTrailers({
      'grpc-status': String(code),
      ...(message === '' ? {} : { 'grpc-message': encodeURIComponent(message) }),
    }),
  );
  stream.end();
};
