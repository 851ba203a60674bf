import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import type { ContainerSpec } from '../port.ts';
import { launcherFile, launcherFolder, launcherPath, mountLauncher, sandboxFile } from './create-options.ts';
import { toSessionLabels } from './labels.ts';
import { built } from './launcher/built.ts';
import { built as builtSandbox } from './sandbox/built.ts';
import type { SessionContainers } from './session-containers.ts';

/** A tar archive of files, readable and executable for all and writable for none. */
export const tarExecutables = (files: Readonly<Record<string, Buffer>>): Promise<Buffer> => {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) {
    archive.entry({ name, mode: 0o555, mtime: new Date(0) }, content);
  }
  archive.finalize();
  return buffer(archive);
};

/** What was built for a machine, by what its engine calls its architecture; null where nothing was. */
export const findBuilt = (
  programs: Readonly<Record<keyof typeof built, { readonly base64: string }>>,
  architecture: string,
): Buffer | null => {
  const names = { x86_64: 'x86_64', amd64: 'x86_64', aarch64: 'aarch64', arm64: 'aarch64' } as const;
  const name = new Map<string, keyof typeof built>(Object.entries(names)).get(architecture);
  return name === undefined ? null : Buffer.from(programs[name].base64, 'base64');
};

/**
 * Makes a volume with the launcher and the program of sandboxes in it and answers its name. A volume, because it also
 * reaches containers whose root is read-only and engines on other machines; the session's own, so that it goes with the
 * session and none has to trust what another put there. The image only lends its name to the container that the engine
 * unpacks files through.
 */
const makeProgramVolume = async (containers: SessionContainers, image: string): Promise<string> => {
  const { connection, session, info } = containers.context;
  const launcher = findBuilt(built, info.architecture);
  const sandbox = findBuilt(builtSandbox, info.architecture);
  if (launcher === null || sandbox === null) {
    throw new EmulatorError(
      errorCodes.containerRefused,
      `Failed to make the launcher: there is none for the engine's architecture, ${info.architecture}. Use cold instances there.`,
    );
  }
  const { docker } = connection;
  const name = `cycle-${session.id}-gate`;
  const labels = toSessionLabels(session);
  await docker.createVolume({ Name: name, Labels: labels });
  const id = await containers.create('gate-filler', {
    Image: image,
    Entrypoint: [launcherPath],
    Labels: labels,
    HostConfig: { NetworkMode: 'none', Mounts: [{ ...mountLauncher(name), ReadOnly: false }] },
  });
  const archive = await tarExecutables({ [launcherFile]: launcher, [sandboxFile]: sandbox });
  try {
    await docker.getContainer(id).putArchive(archive, { path: launcherFolder });
  } finally {
    await containers.remove(id);
  }
  return name;
};

/** The session's volume with the launcher and the program of sandboxes, made when it is first needed. */
export class ProgramVolume {
  readonly #containers: SessionContainers;
  #name: Promise<string> | null = null;

  constructor(containers: SessionContainers) {
    this.#containers = containers;
  }

  provide({ image }: ContainerSpec): Promise<string> {
    this.#name ??= this.#containers.context.inFlight
      .make('the volume of the launcher', () => makeProgramVolume(this.#containers, image))
      .catch((error: unknown) => {
        this.#name = null;
        throw error;
      });
    return this.#name;
  }
}
