import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type handleBidiStreamingCall, type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import type { DockerConnection } from '../connection.ts';
import { dial } from '../dial.ts';
import { type Packet, packets } from './buildkit-messages.ts';
import { sendFiles } from './file-sync.ts';
import type { BuildContext } from './load-context.ts';

/** A connection over which BuildKit asks this process for files while it builds. */
export type BuildSession = Disposable & {
  readonly id: string;
  /** Why files could not be sent, if they could not: the engine reports it in its own words. */
  readonly failure: unknown;
};

/** A call of gRPC whose two directions carry the same kind of message. */
const method = <Message>(
  path: string,
  isStream: boolean,
  encode: (message: Message) => Buffer,
  decode: (bytes: Buffer) => Message,
) => ({
  path,
  ...{ requestStream: isStream, requestSerialize: encode, requestDeserialize: decode },
  ...{ responseStream: isStream, responseSerialize: encode, responseDeserialize: decode },
});

const asItIs = (bytes: Buffer): Buffer => bytes;
const fileSync = { DiffCopy: method('/moby.filesync.v1.FileSync/DiffCopy', true, packets.encode, packets.decode) };
const health = { Check: method('/grpc.health.v1.Health/Check', false, asItIs, asItIs) };
/** The message that says so: its first field, a number, is 1. */
const serving = Buffer.from([0x08, 1]);

/**
 * Opens a session with the engine's BuildKit. It is the docker CLI's way and the only whole one: a context sent as a tar
 * would have the Dockerfile among the files that are copied, and without a session a registry that gives out tokens, such
 * as Docker Hub, cannot be asked for a base image. Credentials and secrets are not served, which BuildKit expects of some
 * clients.
 *
 * @param contentId distinguishes contexts: BuildKit keeps files and compares only their sizes and times with what comes
 */
export const openBuildSession = async (
  connection: DockerConnection,
  context: BuildContext,
  contentId: string,
): Promise<BuildSession> => {
  const id = randomUUID();
  const headers = {
    Upgrade: 'h2c',
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': 'cycle-scheduler',
    'X-Docker-Expose-Session-Sharedkey': contentId,
    'X-Docker-Expose-Session-Grpc-Method': [fileSync.DiffCopy.path, health.Check.path],
  };
  const request = { path: '/session', method: 'POST', hijack: true, headers, statusCodes: { 101: true } };
  const socket = await dial<Duplex>(connection, request);
  // An engine that goes away is noticed by the build, which waits for its answer.
  socket.on('error', () => {});
  const closed = new AbortController();
  let failure: unknown = null;
  const DiffCopy: handleBidiStreamingCall<Packet, Packet> = (call) => {
    sendFiles(call, context, closed.signal).then(
      () => call.end(),
      (error: unknown) => {
        // The first says why; what comes after is its consequence.
        if (!call.destroyed) failure ??= error;
        call.emit('error', error);
      },
    );
  };
  const Check: handleUnaryCall<Buffer, Buffer> = (_call, answer) => answer(null, serving);
  const server = new Server();
  server.addService(fileSync, { DiffCopy });
  server.addService(health, { Check });
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket);
  return {
    id,
    get failure() {
      return failure;
    },
    [Symbol.dispose]: () => {
      closed.abort();
      server.forceShutdown();
      socket.destroy();
    },
  };
};
