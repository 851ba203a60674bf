import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type handleUnaryCall, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import type { DockerConnection } from '../../engine/connection.ts';
import { dial } from '../../engine/connection.ts';
import { type Packet, packets, type Stat } from './buildkit-messages.ts';
import { type BuildContext, type ContextEntry, readEntry } from './load-context.ts';

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
  const DiffCopy = (call: Call): void => {
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

/** One request of BuildKit for files: it gets every entry in order, and asks for those it lacks. */
type Call = ServerDuplexStream<Packet, Packet>;

/**
 * Sends a build's files. BuildKit names the folder it wants: `dockerfile`, with the Dockerfile and the rules that go with
 * it, or `context`, of which it may want the rules alone.
 */
const sendFiles = async (call: Call, context: BuildContext, signal: AbortSignal): Promise<void> => {
  const send = async (packet: Packet): Promise<void> => {
    if (!call.write(packet)) await once(call, 'drain', { signal });
  };
  const [folder] = valuesOf(call, 'dir-name');
  const only = valuesOf(call, 'include-patterns');
  const files = folder === 'dockerfile' ? toDockerfileFolder(context) : toContextFolder(context, only);
  for (const { stat } of files) await send({ type: 'stat', stat });
  await send({ type: 'stat' });
  for await (const { type, id = 0 } of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Packet>) {
    if (type === 'finished') break;
    if (type !== 'request') continue;
    for await (const data of files[id]?.read() ?? []) await send({ type: 'data', id, data });
    await send({ type: 'data', id });
  }
  await send({ type: 'finished' });
};

/** A header that may be given several times; values that are not plain ASCII come encoded, which another header says. */
const valuesOf = ({ metadata }: Call, name: string): readonly string[] => {
  const isEncoded = metadata.get(`${name}-encoded`).length > 0;
  const values = metadata.get(name).flatMap((value) => String(value).split(', '));
  return isEncoded ? values.map((value) => decodeURIComponent(value.replaceAll('+', ' '))) : values;
};

type SentFile = { readonly stat: Stat; read(): AsyncIterable<Buffer> | Iterable<Buffer> };

const toDockerfileFolder = ({ dockerfile, ignoreText }: BuildContext): readonly SentFile[] =>
  [
    toFile(dockerfile.name, dockerfile.text),
    // Under the name that goes before `.dockerignore`: these are the rules that the files were chosen by.
    ...(ignoreText === null ? [] : [toFile(`${dockerfile.name}.dockerignore`, ignoreText)]),
  ].sort((one, other) => (one.stat.path < other.stat.path ? -1 : 1));

const toFile = (path: string, content: Buffer): SentFile => ({
  stat: { path, mode: 0o644, size: content.length, modified: '0', target: '', major: 0, minor: 0 },
  read: () => [content],
});

const toContextFolder = ({ contextDir, entries }: BuildContext, only: readonly string[]): readonly SentFile[] =>
  entries
    .filter(({ path }) => only.length === 0 || only.includes(path))
    .map((entry) => {
      const { path, size, modifiedNs, target, device } = entry;
      return {
        stat: { path, mode: toGoMode(entry), size, modified: String(modifiedNs), target, ...device },
        read: () => readEntry(contextDir, path, size),
      };
    });

/** Go's bits for what a file is, which are not those of the operating system. */
const goKinds: Readonly<Record<ContextEntry['kind'], number>> = {
  file: 0,
  'hard-link': 0,
  directory: 2 ** 31,
  link: 2 ** 27,
  pipe: 2 ** 25,
  'character-device': 2 ** 26 + 2 ** 21,
  'block-device': 2 ** 26,
};

const toGoMode = ({ kind, mode }: ContextEntry): number => {
  const special = (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0);
  return goKinds[kind] + special + (mode & 0o777);
};
