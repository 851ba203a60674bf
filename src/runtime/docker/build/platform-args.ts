import type { DockerConnection } from '../connection.ts';

/** What BuildKit gives to a build by itself, and what Docker's classic builder leaves empty without a word. */
const names = ['TARGETPLATFORM', 'TARGETOS', 'TARGETARCH', 'BUILDPLATFORM', 'BUILDOS', 'BUILDARCH'] as const;

/**
 * Values of those of BuildKit's platform arguments that a Dockerfile declares: the engine's own platform, for which images
 * are built here.
 */
export const loadPlatformArgs = async (
  { docker }: DockerConnection,
  dockerfile: string,
): Promise<Readonly<Record<string, string>>> => {
  // Only what is declared, for the builder warns of any other, and without a default, which BuildKit lets win.
  const declared = names.filter((name) => new RegExp(`^\\s*ARG\\s+(.*\\s)?${name}(\\s|$)`, 'im').test(dockerfile));
  if (declared.length === 0) return {};
  const { Os: os, Arch: arch } = await docker.version();
  const values = { PLATFORM: `${os}/${arch}`, OS: os, ARCH: arch } as Readonly<Record<string, string>>;
  return Object.fromEntries(declared.map((name) => [name, values[name.replace(/^(TARGET|BUILD)/, '')] ?? '']));
};
