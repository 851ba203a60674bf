import { EmulatorError, errorCodes } from '../../../../shared/errors.ts';
import { type DockerConnection, ping } from '../../engine/connection.ts';

/** What builds images in an engine: Docker's two builders know different Dockerfiles, and Podman has its own (Buildah). */
export type Builder = 'buildkit' | 'classic' | 'podman';

/**
 * The builder that the docker CLI would use: what `DOCKER_BUILDKIT` says, else what the engine prefers (BuildKit since
 * Docker 23).
 *
 * @throws EmulatorError `badOption` where `DOCKER_BUILDKIT` says neither yes nor no; the transport's errors
 */
export const findBuilder = async (
  connection: DockerConnection,
  asked: string | undefined = process.env['DOCKER_BUILDKIT'],
): Promise<Builder> => {
  const headers = await ping(connection);
  if (headers['libpod-api-version'] !== undefined) return 'podman';
  if (asked === undefined || asked === '') return headers['builder-version'] === '2' ? 'buildkit' : 'classic';
  if (/^(1|t|true)$/i.test(asked)) return 'buildkit';
  if (/^(0|f|false)$/i.test(asked)) return 'classic';
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to choose a builder: DOCKER_BUILDKIT is ${JSON.stringify(asked)}. Set it to 1 or 0, or unset it.`,
  );
};

/** What BuildKit gives to a build by itself, and what Docker's classic builder leaves empty without a word. */
const platformArgs = ['TARGETPLATFORM', 'TARGETOS', 'TARGETARCH', 'BUILDPLATFORM', 'BUILDOS', 'BUILDARCH'] as const;

/**
 * Values of those of BuildKit's platform arguments that a Dockerfile declares: the engine's own platform, for which images
 * are built here.
 */
export const loadPlatformArgs = async (
  { docker }: DockerConnection,
  dockerfile: string,
): Promise<Readonly<Record<string, string>>> => {
  // Only what is declared, for the builder warns of any other, and without a default, which BuildKit lets win.
  const declared = platformArgs.filter((name) =>
    new RegExp(`^\\s*ARG\\s+(.*\\s)?${name}(\\s|$)`, 'im').test(dockerfile),
  );
  if (declared.length === 0) return {};
  const { Os: os, Arch: arch } = await docker.version();
  const values = { PLATFORM: `${os}/${arch}`, OS: os, ARCH: arch } as Readonly<Record<string, string>>;
  return Object.fromEntries(declared.map((name) => [name, values[name.replace(/^(TARGET|BUILD)/, '')] ?? '']));
};
