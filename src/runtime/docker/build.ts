import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EmulatorError } from '../../errors.ts';
import type { ImageProgress, ImageSource } from '../port.ts';
import { loadBuildContext } from './build-context.ts';
import type { Engine } from './engine.ts';
import { isDisconnection, oneLine, reasonOf, toUnreachable } from './engine-errors.ts';
import { isRegistryAway, toImageError } from './image-errors.ts';
import { readJsonLines } from './json-lines.ts';

export type BuildSource = Extract<ImageSource, { type: 'dockerfile' }>;

type BuildMessage = { readonly stream?: string; readonly error?: string };

/** How many lines of a failing step's output an error shows. */
const shownLines = 5;

/**
 * Has the engine build an image and name it `source.tag`. `fresh` uses no cache and pulls the base image anew.
 *
 * @throws EmulatorError `imageUnavailable` with the failing step and its last lines; `dockerUnreachable`
 */
export const buildImage = async (
  engine: Engine,
  source: BuildSource,
  { fresh, signal }: { readonly fresh: boolean; readonly signal?: AbortSignal },
  onProgress: (progress: ImageProgress) => void,
): Promise<void> => {
  const { contextDir, dockerfile, tag } = source;
  if (!existsSync(join(contextDir, dockerfile))) {
    throw toImageError(
      `Failed to build image ${tag}`,
      `there is no Dockerfile at ${join(contextDir, dockerfile)}`,
      'Check context_dir and build_file',
    );
  }
  const log = createBuildLog(tag, onProgress);
  try {
    const stream = await engine.docker.buildImage(await loadBuildContext(contextDir, dockerfile), {
      t: tag,
      dockerfile: dockerfile.replaceAll('\\', '/'),
      buildargs: { ...source.buildArgs },
      rm: true,
      forcerm: true,
      ...(fresh ? { nocache: true, pull: true } : {}),
      ...(signal ? { abortSignal: signal } : {}),
    });
    for await (const message of readJsonLines<BuildMessage>(stream as AsyncIterable<Buffer>)) log.add(message);
  } catch (error) {
    if (isDisconnection(error)) throw toUnreachable(engine.endpoint, error);
    throw toBuildError(source, log, reasonOf(error));
  }
};

type BuildLog = { add(message: BuildMessage): void; step(): string; tail(): readonly string[] };

/** Follows the output of a build: `Step 2/5 : RUN make`, and below it what the step prints. */
const createBuildLog = (tag: string, onProgress: (progress: ImageProgress) => void): BuildLog => {
  let step = '';
  let lines: string[] = [];
  return {
    add: ({ stream, error }) => {
      if (error) throw new Error(error);
      for (const line of (stream ?? '').split('\n').map((text) => text.trim())) {
        const [, number, total] = /^Step (\d+)\/(\d+) : /.exec(line) ?? [];
        if (number) {
          step = line;
          lines = [];
          onProgress({ image: tag, step, fraction: (Number(number) - 1) / Number(total) });
        } else if (line !== '' && !line.startsWith('--->')) {
          lines = [...lines.slice(1 - shownLines), line];
        }
      }
    },
    step: () => step,
    tail: () => lines,
  };
};

const toBuildError = (source: BuildSource, log: BuildLog, reason: string): EmulatorError => {
  const { tag } = source;
  const at = log.step() === '' ? '' : ` at ${oneLine(log.step())}`;
  const tail = log.tail().filter((line) => !line.startsWith('Running in') && !line.startsWith('Removing intermediate'));
  const output = tail.length === 0 ? '' : ` (last output: ${tail.join(' | ')})`;
  return toImageError(`Failed to build image ${tag}${at}`, `${oneLine(reason)}${output}`, remedyFor(source, reason));
};

const remedyFor = ({ tag, contextDir, dockerfile }: BuildSource, reason: string): string => {
  if (isRegistryAway(reason)) {
    return 'The base image is not in the Docker engine and its registry cannot be reached: check the network and the proxy settings of the engine, or bring the base image in with `docker load`';
  }
  if (/BuildKit/i.test(reason)) {
    return `Build it with \`docker build -t ${tag} ${contextDir}\` and start with the pull policy "never"`;
  }
  if (/^E[A-Z]+: /.test(reason)) return 'Make the files of the context readable, or leave them out with .dockerignore';
  return `Correct ${join(contextDir, dockerfile)}`;
};
