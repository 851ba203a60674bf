// Provides the image that the fixtures and tests build on, also where no registry can be reached.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDocker, type DockerConnection, describeDocker } from '../../src/runtime/docker/engine/connection.ts';
import { buildImage } from '../../src/runtime/docker/images/build/build-image.ts';
import { findImage, pullImage } from '../../src/runtime/docker/images/images.ts';
import { EmulatorError, errorCodes, toMessage } from '../../src/shared/errors.ts';

export const baseImage = 'busybox:1.37';

const pullWithinMs = 60_000;
const noProgress = (): void => undefined;

/** Architectures in the words of Docker and of Podman by Node's. */
export const architectures: Readonly<Record<string, readonly string[]>> = {
  x64: ['x86_64', 'amd64'],
  arm64: ['aarch64', 'arm64'],
};

/**
 * Makes `busybox:1.37` available: it is there, or it is pulled, or it is made from this machine's own static busybox.
 *
 * @returns a line that says what was done; null when the image was there
 * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
 */
export const ensureBaseImage = async ({ docker }: { readonly docker?: string } = {}): Promise<string | null> => {
  using connection = await connectDocker(docker);
  if ((await findImage(connection, baseImage)) !== null) return null;
  try {
    await pullImage(connection, baseImage, null, noProgress, AbortSignal.timeout(pullWithinMs));
    return `Pulled ${baseImage}.`;
  } catch (error) {
    return await makeFromThisMachine(connection, toMessage(error));
  }
};

const makeFromThisMachine = async (connection: DockerConnection, whyNotPulled: string): Promise<string> => {
  const { architecture } = await describeDocker(connection);
  if (process.platform !== 'linux' || !architectures[process.arch]?.includes(architecture)) {
    throw unavailable(`${whyNotPulled} This machine cannot stand in: it is not a Linux of the engine's architecture`);
  }
  const busybox = findStaticBusybox() ?? installStaticBusybox();
  if (!busybox) throw unavailable(`${whyNotPulled} This machine cannot stand in: it has no static busybox`);
  const contextDir = mkdtempSync(join(tmpdir(), 'cycle-base-image-'));
  try {
    const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean);
    writeContext(contextDir, busybox, applets);
    const dockerfile = join(contextDir, 'Dockerfile');
    const source = {
      type: 'dockerfile',
      root: contextDir,
      contextDir,
      dockerfile,
      buildArgs: {},
      tag: baseImage,
    } as const;
    await buildImage(connection, source, { fresh: false }, noProgress);
  } finally {
    rmSync(contextDir, { recursive: true });
  }
  return `Made ${baseImage} from ${busybox}, because it could not be pulled; \`docker rmi ${baseImage}\` removes it.`;
};

const unavailable = (reason: string): EmulatorError =>
  new EmulatorError(
    errorCodes.imageUnavailable,
    `Failed to provide the base image ${baseImage}: ${reason}. Bring it in with \`docker load\`, or install a static busybox (Debian: \`apt-get install busybox-static\`).`,
  );

const findStaticBusybox = (): string | null =>
  ['/bin/busybox', '/usr/bin/busybox'].filter(existsSync).find(isStatic) ?? null;

/** A program header that names a dynamic linker, which an empty root has not. */
const interpreterHeader = 3;

/** Whether a 64-bit little-endian ELF program needs no dynamic linker. */
const isStatic = (path: string): boolean => {
  const program = readFileSync(path);
  if (program.readUInt32BE(0) !== 0x7f454c46 || program[4] !== 2) return false;
  const [start, size, count] = [
    Number(program.readBigUInt64LE(32)),
    program.readUInt16LE(54),
    program.readUInt16LE(56),
  ];
  const types = Array.from({ length: count }, (_, index) => program.readUInt32LE(start + index * size));
  return !types.includes(interpreterHeader);
};

const installStaticBusybox = (): string | null => {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update'], { stdio: 'ignore', env });
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'busybox-static'], { stdio: 'ignore', env });
  } catch {
    return null;
  }
  return findStaticBusybox();
};

/** Laid out as the image of that name: every applet in /bin, a world-writable /tmp, root and nobody. */
const writeContext = (contextDir: string, busybox: string, applets: readonly string[]): void => {
  const root = join(contextDir, 'root');
  for (const folder of ['bin', 'etc', 'home', 'root', 'tmp', 'usr/bin', 'usr/sbin', 'var/log']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  cpSync(busybox, join(root, 'bin/busybox'));
  for (const applet of applets.filter((name) => name !== 'busybox')) symlinkSync('busybox', join(root, 'bin', applet));
  symlinkSync('../../bin/env', join(root, 'usr/bin/env'));
  chmodSync(join(root, 'tmp'), 0o1777);
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnobody:x:65534:\n');
  writeFileSync(
    join(contextDir, 'Dockerfile'),
    [
      'FROM scratch',
      'COPY root/ /',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'LABEL io.cycle.emulator.base=made-from-this-machine',
      'CMD ["sh"]',
      '',
    ].join('\n'),
  );
};

if (import.meta.main) {
  try {
    const docker = process.env['CYCLE_SCHEDULER_DOCKER'];
    const done = await ensureBaseImage(docker === undefined ? {} : { docker });
    if (done) console.log(done);
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
