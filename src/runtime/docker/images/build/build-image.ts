import { Readable } from 'node:stream';
import { EmulatorError } from '../../../../shared/errors.ts';
import type { ImageProgress } from '../../../port.ts';
import { type DockerConnection, readJsonLines } from '../../engine/connection.ts';
import { isDisconnection, toUnreachable } from '../../engine/docker-errors.ts';
import { labels } from '../../engine/labels.ts';
import { toBuildError } from './build-errors.ts';
import { type BuildLog, type BuildMessage, createBuildLog } from './build-log.ts';
import { openBuildSession } from './build-session.ts';
import { type Builder, findBuilder, loadPlatformArgs } from './builder.ts';
import { type ContextTar, toContextTar } from './context-tar.ts';
import { type BuildContext, type BuildSource, digestContext, loadContext } from './load-context.ts';

export type BuildOptions = {
  /** Uses no cache, and pulls base images again. */
  readonly fresh: boolean;
  readonly signal?: AbortSignal;
};

/**
 * Has the engine build an image, and name it `source.tag`. Answers its ID, which stays this build's when the name
 * goes to another.
 *
 * @throws EmulatorError `imageUnavailable` with the failing step and its last lines; `dockerUnreachable`; `badOption`
 */
export const buildImage = async (
  connection: DockerConnection,
  source: BuildSource,
  options: BuildOptions,
  onProgress: (progress: ImageProgress) => void,
): Promise<string> => {
  const log = createBuildLog(source.tag, onProgress);
  return await withContent(connection, source, log, async (content) => {
    const build = { connection, source, options, ...content };
    if (content.builder === 'buildkit') await runBuildKit(build, log);
    else await runFromTar(build, log);
    return log.imageId ?? (await connection.docker.getImage(source.tag).inspect()).Id;
  });
};

/**
 * The ID of an image that was built of this very content: the same files, Dockerfile and arguments, wherever they lay. Null
 * where the engine has none.
 *
 * @throws EmulatorError as `buildImage` does
 */
export const findBuiltImage = (connection: DockerConnection, source: BuildSource): Promise<string | null> =>
  withContent(
    connection,
    source,
    createBuildLog(source.tag, () => {}),
    async ({ contentId }) => {
      const images = await connection.docker.listImages({ filters: { label: [`${labels.content}=${contentId}`] } });
      // The latest, for base images may differ.
      return images.sort((one, other) => other.Created - one.Created)[0]?.Id ?? null;
    },
  );

type Content = { readonly builder: Builder; readonly context: BuildContext; readonly contentId: string };

/** Does the work with what an image is built of; errors become those of a build that failed. */
const withContent = async <Result>(
  connection: DockerConnection,
  source: BuildSource,
  log: BuildLog,
  work: (content: Content) => Promise<Result>,
): Promise<Result> => {
  let builder: Builder | null = null;
  let context: BuildContext | null = null;
  try {
    builder = await findBuilder(connection);
    context = await loadContext(source, builder);
    return await work({ builder, context, contentId: await digestContext(context, source.buildArgs) });
  } catch (error) {
    if (error instanceof EmulatorError) throw error;
    if (isDisconnection(error)) throw toUnreachable(connection.endpoint, error);
    throw toBuildError({ source, builder, dockerfile: context?.dockerfile.text.toString() ?? '', log }, error);
  }
};

type Build = Content & {
  readonly connection: DockerConnection;
  readonly source: BuildSource;
  readonly options: BuildOptions;
};

const toRequest = ({ source, options, contentId }: Build): object => ({
  t: source.tag,
  buildargs: { ...source.buildArgs },
  labels: { [labels.content]: contentId },
  rm: true,
  forcerm: true,
  ...(options.fresh ? { nocache: true, pull: true } : {}),
});

const runBuildKit = async (build: Build, log: BuildLog): Promise<void> => {
  const { connection, context, contentId } = build;
  using session = await openBuildSession(connection, context, contentId);
  const request = {
    ...toRequest(build),
    // As a number: for the text the client opens a session of its own, which it closes only after a build that went well.
    version: 2,
    session: session.id,
    remote: 'client-session',
    dockerfile: context.dockerfile.name,
  };
  try {
    await follow(build, [], request, log);
  } catch (error) {
    throw session.failure ?? error;
  }
};

const runFromTar = async (build: Build, log: BuildLog): Promise<void> => {
  const { connection, source, builder, context } = build;
  const { stream, dockerfile } = toContextTar(context);
  const platform = builder === 'classic' ? await loadPlatformArgs(connection, context.dockerfile.text.toString()) : {};
  const request = { ...toRequest(build), dockerfile, buildargs: { ...platform, ...source.buildArgs } };
  await follow(build, stream, request, log);
};

const follow = async (
  { connection, options: { signal } }: Build,
  content: Iterable<Buffer> | ContextTar['stream'],
  request: object,
  log: BuildLog,
): Promise<void> => {
  const asked = { ...request, ...(signal ? { abortSignal: signal } : {}) };
  const answer = await connection.docker.buildImage(Readable.from(content), asked);
  for await (const message of readJsonLines<BuildMessage>(answer as AsyncIterable<Buffer>)) log.add(message);
};
