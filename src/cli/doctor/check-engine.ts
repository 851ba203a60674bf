import type { EngineReport } from '../../runtime/docker/diagnose.ts';
import { type Finding, fail, ok, toFailure, warn } from './finding.ts';

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

const checkApi = (apiVersion: string): Finding =>
  toNumber(apiVersion) >= toNumber(oldestTestedApi)
    ? ok('Docker API', `${apiVersion} (docs/engines.md lists the tested engines)`)
    : warn(
        'Docker API',
        `${apiVersion}, and the oldest tested version is ${oldestTestedApi}`,
        'Update Docker: https://docs.docker.com/engine/install/',
      );

/** Comparable: 1.9 comes before 1.41. */
const toNumber = (apiVersion: string): number => {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  return major * 1_000 + minor;
};

const checkArchitecture = (engine: EngineInfo): Finding => {
  const { architecture } = engine;
  return toNodeName(architecture) === process.arch
    ? ok('Architecture', architecture)
    : warn(
        'Architecture',
        `the engine's is ${architecture}, and this machine's is ${process.arch}: images built here may not run there`,
        `${toCli(engine)} build --platform ${toPlatform(architecture)}`,
      );
};

const checkNetwork = (network: EngineReport['network']): readonly Finding[] => {
  if (network instanceof Error) return [toFailure('Network', network)];
  const made = ok('Network', `made and removed one in ${network.subnet}, so this user may use the engine`);
  return [
    made,
    network.ipv6
      ? ok('IPv6', 'containers have addresses in fd00::/8')
      : warn(
          'IPv6',
          'the engine makes no network with it, so instances have IPv4 addresses only',
          'sudo sysctl net.ipv6.conf.all.disable_ipv6=0',
        ),
  ];
};

const checkDisk = ({ folder, freeBytes }: EngineReport['disk'], cli: string): Finding => {
  if (freeBytes === null) return ok('Disk', `the engine keeps its data in ${folder}, which this process cannot read`);
  const found = `${(freeBytes / gibibyte).toFixed(1)} GiB free in ${folder}`;
  if (freeBytes < 0.1 * gibibyte) return fail('Disk', found, `${cli} system prune`);
  return freeBytes < gibibyte ? warn('Disk', found, `${cli} system prune`) : ok('Disk', found);
};

const checkImage = (image: string, architecture: string | null, engine: EngineInfo): Finding => {
  const check = `Image ${image}`;
  const cli = toCli(engine);
  if (architecture === null) {
    return warn(check, 'is not in the engine: start pulls it if its registry can be reached', `${cli} pull ${image}`);
  }
  if (toNodeName(architecture) === toNodeName(engine.architecture)) return ok(check, `is here, for ${architecture}`);
  return warn(
    check,
    `is for ${architecture}, and the engine's architecture is ${engine.architecture}`,
    `${cli} pull --platform ${toPlatform(engine.architecture)} ${image}`,
  );
};
