import type { EmulatorError } from '../../../../shared/errors.ts';
import { isRegistryAway, oneLine, reasonOf, toImageError } from '../../engine/docker-errors.ts';
import type { BuildLog } from './build-log.ts';
import type { Builder } from './builder.ts';
import { ContextProblem } from './ignore-rules.ts';
import type { BuildSource } from './load-context.ts';

export type FailedBuild = {
  readonly source: BuildSource;
  /** Null where the build failed before it was known. */
  readonly builder: Builder | null;
  /** Its text; empty where it could not be read. */
  readonly dockerfile: string;
  readonly log: BuildLog;
};

/** A build that failed: at which step, why, what the step printed last, and what to do. */
export const toBuildError = (build: FailedBuild, thrown: unknown): EmulatorError => {
  const { source, log } = build;
  const failure = `Failed to build image ${source.tag}`;
  if (thrown instanceof ContextProblem) return toImageError(failure, thrown.message, thrown.remedy);
  const reason = reasonOf(thrown);
  if (isFileError(thrown)) return toImageError(failure, reason, fileRemedies[thrown.code] ?? fileRemedies.EACCES);
  const at = log.step === '' ? '' : ` at ${oneLine(log.step)}`;
  const output = log.tail.length === 0 ? '' : ` (last output: ${log.tail.join(' | ')})`;
  return toImageError(`${failure}${at}`, `${oneLine(reason)}${output}`, remedyFor(build, reason));
};

const isFileError = (thrown: unknown): thrown is Error & { readonly code: string } =>
  thrown instanceof Error && 'code' in thrown && 'path' in thrown;

const fileRemedies: Readonly<Record<string, string>> & { readonly EACCES: string } = {
  EACCES: 'Make the files of the context readable, or leave them out with .dockerignore',
  ENOENT: 'Check context_dir and build_file, and that no other program removes files meanwhile',
};

const getBuildKit =
  'Use an engine with BuildKit (Docker 23 or newer), or set DOCKER_BUILDKIT=1, with which an older one uses BuildKit, too';

const remedyFor = ({ source, builder, dockerfile, log }: FailedBuild, reason: string): string => {
  const syntax = /^#\s*syntax\s*=\s*(\S+)/im.exec(dockerfile)?.[1];
  if (syntax !== undefined && log.step.includes('resolve image config for')) {
    return `The line "# syntax=${syntax}" asks for a frontend image from a registry, which did not provide it: remove the line to build with the engine's own frontend, or bring the image in with \`docker load\``;
  }
  if (isRegistryAway(reason)) {
    return 'The base image is not in the Docker engine and its registry cannot be reached: check the network and the proxy settings of the engine, or bring the base image in with `docker load`';
  }
  const correct = `Correct ${source.dockerfile}`;
  if (builder === 'podman') {
    const isUnknown = /not supported|unknown flag|unknown instruction|requires BuildKit/i.test(reason);
    return isUnknown
      ? `${correct}: this engine is Podman, whose builder does not know all that BuildKit does`
      : correct;
  }
  if (builder !== 'classic') return correct;
  const unknown = unknownToClassic(reason, dockerfile);
  if (unknown !== null) return `This engine's classic builder does not know ${unknown}. ${getBuildKit}`;
  const stages = dockerfile.match(/^\s*FROM\s/gim)?.length ?? 0;
  return stages < 2 ? correct : `${correct} in all its stages: the classic builder builds unused stages, too`;
};

/** What it is of BuildKit's language that the classic builder has stumbled over; null where it is something else. */
const unknownToClassic = (reason: string, dockerfile: string): string | null => {
  const [, option] = /the (--\w+) option requires BuildKit/i.exec(reason) ?? [];
  if (option !== undefined) return option === '--mount' ? 'RUN --mount' : option;
  const [, flag] = /unknown flag: (\w+)/i.exec(reason) ?? [];
  if (flag !== undefined) return `--${flag}`;
  if (/failed to parse platform|platform specifier|unknown operating system or architecture/i.test(reason)) {
    return '$BUILDPLATFORM or $TARGETPLATFORM in FROM, unless an ARG line before the first FROM declares it';
  }
  return /unknown instruction|file not found/i.test(reason) && /^\s*(RUN|COPY|ADD)\s.*<<-?\s*["']?\w/im.test(dockerfile)
    ? 'heredocs (<<EOF)'
    : null;
};
