import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { listen } from '../../http/server.ts';
import { diagnose, type EngineReport } from '../../runtime/docker/diagnose.ts';
import { pruneLeftovers } from '../../runtime/docker/session/leftovers.ts';
import { EmulatorError, toMessage } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { version } from '../../shared/package.ts';
import { oldestNode } from '../../shared/supported-node.ts';
import { isContained } from '../../shared/values.ts';
import { loadStack } from '../../stack/load-stack.ts';
import type { FunctionSpec, Stack } from '../../stack/model.ts';
import { helloStack, type StackFlags, toLoadOptions } from '../options.ts';
import { print, printJson } from '../output.ts';

export type DoctorFlags = StackFlags & {
  readonly port: number;
  readonly host: string;
  readonly docker?: string;
  readonly json: boolean;
};

/** What one check has come to: one line for a person. */
export type Finding = {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** `warn`: it will run, though not as one would wish. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** A command or another remedy; null where nothing has to be fixed. */
  readonly remedy: string | null;
};

const finding =
  (verdict: Finding['verdict']) =>
  (check: string, found: string, remedy: string | null = null): Finding => ({ check, verdict, found, remedy });
const ok = finding('ok');
const warn = finding('warn');
const fail = finding('fail');

/** Our own errors end with what to do; a command that does it stands in place of that. */
const toFailure = (check: string, error: unknown, command?: string | null): Finding => {
  const message = toMessage(error);
  const end = message.lastIndexOf('. ');
  if (!(error instanceof EmulatorError) || end < 0) return fail(check, message, command ?? 'Report this');
  return fail(check, message.slice(0, end), command ?? message.slice(end + 2).replace(/\.$/, ''));
};

/** Engine 20.10, the oldest that the tests have met. */
const oldestTestedApi = '1.41';

const gibibyte = 2 ** 30;

/** Node's names for what the engine calls otherwise. */
const architectures: Readonly<Record<string, string>> = { x86_64: 'x64', amd64: 'x64', aarch64: 'arm64' };
const toNodeName = (architecture: string): string => architectures[architecture] ?? architecture;

/** As `--platform` takes it. */
const toPlatform = (architecture: string): string => `linux/${toNodeName(architecture).replace(/^x64$/, 'amd64')}`;

type EngineInfo = EngineReport['engine'];

/** The command that people have beside the engine. */
const toCli = ({ product }: EngineInfo): string => product.toLowerCase();

export const checkEngine = ({ engine, disk, network, images }: EngineReport): readonly Finding[] => [
  ok(engine.product, `${engine.version} on ${engine.operatingSystem}, at ${engine.url}, chosen by ${engine.chosenBy}`),
  checkApi(engine.apiVersion),
  checkArchitecture(engine),
  ...checkNetwork(network),
  checkDisk(disk, toCli(engine)),
  ...[...images].map(([image, architecture]) => checkImage(image, architecture, engine)),
];

const checkApi = (apiVersion: string): Finding => {
  const isTested = apiVersion.localeCompare(oldestTestedApi, 'en', { numeric: true }) >= 0;
  if (isTested) return ok('Docker API', `${apiVersion} (docs/engines.md lists the tested engines)`);
  const found = `${apiVersion}, and the oldest tested version is ${oldestTestedApi}`;
  return warn('Docker API', found, 'Update Docker: https://docs.docker.com/engine/install/');
};

const checkArchitecture = (engine: EngineInfo): Finding => {
  const { architecture } = engine;
  if (toNodeName(architecture) === process.arch) return ok('Architecture', architecture);
  const found = `the engine's is ${architecture}, and this machine's is ${process.arch}: images built here may not run there`;
  return warn('Architecture', found, `${toCli(engine)} build --platform ${toPlatform(architecture)}`);
};

const checkNetwork = (network: EngineReport['network']): readonly Finding[] => {
  if (network instanceof Error) return [toFailure('Network', network)];
  const noIpv6 = 'the engine makes no network with it, so instances have IPv4 addresses only';
  return [
    ok('Network', `made and removed one in ${network.subnet}, so this user may use the engine`),
    network.ipv6
      ? ok('IPv6', 'containers have addresses in fd00::/8')
      : warn('IPv6', noIpv6, 'sudo sysctl net.ipv6.conf.all.disable_ipv6=0'),
  ];
};

const checkDisk = ({ folder, freeBytes }: EngineReport['disk'], cli: string): Finding => {
  if (freeBytes === null) return ok('Disk', `the engine keeps its data in ${folder}, which this process cannot read`);
  const found = `${(freeBytes / gibibyte).toFixed(1)} GiB free in ${folder}`;
  if (freeBytes >= gibibyte) return ok('Disk', found);
  return (freeBytes < 0.1 * gibibyte ? fail : warn)('Disk', found, `${cli} system prune`);
};

const checkImage = (image: string, architecture: string | null, engine: EngineInfo): Finding => {
  const check = `Image ${image}`;
  const pull = `${toCli(engine)} pull`;
  if (architecture === null)
    return warn(check, 'is not in the engine: start pulls it if its registry can be reached', `${pull} ${image}`);
  if (toNodeName(architecture) === toNodeName(engine.architecture)) return ok(check, `is here, for ${architecture}`);
  const found = `is for ${architecture}, and the engine's architecture is ${engine.architecture}`;
  return warn(check, found, `${pull} --platform ${toPlatform(engine.architecture)} ${image}`);
};

/** Whether emulators that no longer run have left anything. Nothing is removed. */
const checkLeftovers = async (docker: string | undefined): Promise<Finding> => {
  try {
    const { leftovers } = await pruneLeftovers({ docker, dryRun: true });
    if (leftovers.length === 0) return ok('Leftovers', 'none');
    const found = ['container', 'network', 'volume'].flatMap((kind) => {
      const { length } = leftovers.filter((leftover) => leftover.kind === kind);
      return length === 0 ? [] : [`${length} ${kind}${length === 1 ? '' : 's'}`];
    });
    return warn('Leftovers', `${found.join(', ')} of emulators that no longer run`, 'cycle-scheduler prune');
  } catch (error) {
    return toFailure('Leftovers', error);
  }
};

export const checkNode = (version: string = process.versions.node): Finding =>
  Number.parseInt(version, 10) >= oldestNode
    ? ok('Node', `${version}, ${process.platform} on ${process.arch}`)
    : fail('Node', `${version}, and the emulator needs ${oldestNode} or newer`, `nvm install ${oldestNode}`);

/** Whether `start` could listen there. */
const checkPort = async (host: string, port: number): Promise<Finding> => {
  const server = createServer();
  try {
    await listen(server, { host, port, logger: silentLogger });
    return ok('Port', `${host} port ${port} is free`);
  } catch (error) {
    return toFailure('Port', error, 'cycle-scheduler start --port 0');
  } finally {
    server.close();
  }
};

/** The images that a stack's functions run or are built upon, each once. */
const neededImages = (stack: Stack): readonly string[] => [...new Set(stack.functions.flatMap(imagesOf))];

const imagesOf = ({ image }: FunctionSpec): readonly string[] => {
  if (image.type === 'registry') return [image.reference];
  try {
    return parseBaseImages(readFileSync(image.dockerfile, 'utf8'), image.buildArgs);
  } catch {
    // The build itself says what is wrong with its file.
    return [];
  }
};

/** What a Dockerfile's FROM lines name, but for earlier stages and for nothing (`scratch`). */
export const parseBaseImages = (
  dockerfile: string,
  buildArgs: Readonly<Record<string, string>> = {},
): readonly string[] => {
  const values = new Map<string, string>();
  const stages = new Set(['scratch']);
  const images: string[] = [];
  for (const line of dockerfile.split(/\r?\n/)) {
    const [, name = '', byDefault = ''] = /^\s*ARG\s+(\w+)(?:=["']?([^"'\s]*)["']?)?/i.exec(line) ?? [];
    if (name !== '') values.set(name, buildArgs[name] ?? byDefault);
    const [, from = '', stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    const image = from.replace(/\$(?:\{(\w+)[^}]*\}|(\w+))/g, (_all, braced, bare) => values.get(braced ?? bare) ?? '');
    if (image !== '' && !stages.has(image)) images.push(image);
    if (stage !== undefined) stages.add(stage);
  }
  return images;
};

/** Why no engine answers, with the command that most likely fixes it here. */
export const toUnreachableFinding = (
  error: unknown,
  platform: NodeJS.Platform = process.platform,
  contained: boolean = isContained(),
): Finding =>
  toFailure('Docker', error, error instanceof EmulatorError ? commandFor(error, platform, contained) : null);

const commandFor = (
  { message, cause }: EmulatorError,
  platform: NodeJS.Platform,
  contained: boolean,
): string | null => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  // There the message says with which flags the container is to be run.
  if (contained && / Run this container with /.test(message)) return null;
  if (code === 'EACCES') return 'sudo usermod -aG docker $USER && newgrp docker';
  // A user who names an address is more likely to have the wrong one than to have none.
  if (message.includes('chosen by DOCKER_HOST')) return 'unset DOCKER_HOST';
  if (message.includes('docker context')) return 'docker context use default';
  const isAbsent = code === 'ENOENT' || code === 'ECONNREFUSED';
  if (!isAbsent || message.includes('chosen by the option')) return null;
  if (platform === 'linux') return 'sudo systemctl start docker';
  return platform === 'darwin' ? 'open -a Docker' : null;
};

/** Looks at everything that `start` needs, and does not stop at the first that is missing. */
export const examine = async (stack: string, flags: DoctorFlags): Promise<readonly Finding[]> => {
  const { docker, host, port } = flags;
  const findings: Finding[] = [checkNode(), await checkPort(host, port)];
  const images = await loadStack(stack, toLoadOptions(flags)).then(neededImages, (error: unknown) => {
    findings.push(toFailure('Stack', error));
    return [];
  });
  try {
    findings.push(...checkEngine(await diagnose(docker, version, images)));
    findings.push(await checkLeftovers(docker));
  } catch (error) {
    findings.push(toUnreachableFinding(error));
  }
  return findings;
};

/** `doctor [stack]`: checks whether `start` would work here, and says how to fix what would fail. Answers the exit code. */
export const doctor = async (stack: string | undefined, flags: DoctorFlags): Promise<number> => {
  const findings = await examine(stack ?? helloStack, flags);
  const hasFailed = findings.some(({ verdict }) => verdict === 'fail');
  if (flags.json) printJson({ ok: !hasFailed, findings });
  else for (const line of toLines(findings)) print(line);
  return hasFailed ? 1 : 0;
};

const toLines = (findings: readonly Finding[]): readonly string[] => {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings.map(({ check, verdict, found, remedy }) => {
    const mend = remedy === null ? '' : `. Fix: ${remedy}`;
    return `${verdict.padEnd(4)}  ${check.padEnd(width)}  ${found.replace(/\s*\n\s*/g, '; ')}${mend}`;
  });
};
