import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import type { ContainerLimits, ContainerSpec } from '../../port.ts';
import { labels, type Session, toSessionLabels } from '../engine/labels.ts';
import { logConfig } from '../engine/output.ts';
import type { MadeNetwork } from '../networks/network.ts';

export type CreateContext = {
  readonly session: Session;
  readonly network: MadeNetwork;
  readonly cpus: number;
  readonly publishOn: string;
  /** Set where the container's process shall wait, as the launcher, before it becomes the function. */
  readonly launcher?: Launcher | null;
  readonly mounts?: readonly MountSettings[];
  /** What the container joins; its network is its own without one. */
  readonly sandbox?: JoinedSandbox | null;
};

/** The volume of the programs, and the argument list of the function. */
export type Launcher = { readonly volume: string; readonly commandLine: readonly string[] };

/** A sandbox by the engine's ID, and its shim group, see `shareShim`. */
export type JoinedSandbox = { readonly dockerId: string; readonly shimGroup: string | null };

/** Where containers that have the volume find the programs in C. */
export const programFolder = '/.cycle-gate';
export const programFiles = { launcher: 'gate', sandbox: 'sandbox', probe: 'probe' } as const;
export type Program = keyof typeof programFiles;

export const programPath = (program: Program): string => `${programFolder}/${programFiles[program]}`;

/** How a container mounts the volume of the programs. Nothing of the image can be in it, so nothing is copied. */
const mountPrograms = (volume: string) => ({
  Type: 'volume' as const,
  Source: volume,
  Target: programFolder,
  ReadOnly: true,
  VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
});

/** A container in the engine's words. */
export const toCreateOptions = (
  spec: ContainerSpec,
  environment: Readonly<Record<string, string>>,
  { session, network, cpus, publishOn, launcher = null, sandbox = null, mounts = [] }: CreateContext,
): ContainerCreateOptions => {
  const own = sandbox === null ? toNetworkOptions(spec, network, publishOn) : toJoinOptions(sandbox);
  return {
    ...own,
    Image: spec.image,
    Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    ...(launcher === null ? toCommand(spec) : toLauncherCommand(launcher)),
    ...(spec.workdir === null ? {} : { WorkingDir: spec.workdir }),
    Labels: {
      ...toSessionLabels(session),
      [labels.environment]: network.environmentId,
      [labels.container]: spec.functionId,
      [labels.instance]: spec.instanceId,
      [labels.address]: spec.ipv4,
    },
    // The image's check is for what runs behind a load balancer; a function's health has no reader.
    Healthcheck: { Test: ['NONE'] },
    // For other stops: by hand, or by the engine when it is stopped itself.
    StopSignal: spec.stop.signals[0] ?? 'SIGKILL',
    StopTimeout: Math.ceil(spec.stop.graceMs / 1_000),
    HostConfig: {
      ...toLimits(spec.limits, cpus),
      Mounts: [...(launcher === null ? [] : [mountPrograms(launcher.volume)]), ...mounts],
      ...own.HostConfig,
      Sysctls: sysctlsOf(spec, (name) => sandbox === null || !isOfNetwork(name)),
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      // A function that ends is not restarted, and its container must stay until its end has been looked at.
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      LogConfig: logConfig,
    },
  };
};

/** Engines refuse what belongs to a network beside one that is joined. */
const toJoinOptions = ({ dockerId, shimGroup }: JoinedSandbox) => ({
  HostConfig: { NetworkMode: `container:${dockerId}`, ...shareShim(shimGroup) },
});

/** What a container has a network by: the environment's, with the instance's addresses, names and ports. */
const toNetworkOptions = (spec: ContainerSpec, network: MadeNetwork, publishOn: string) => {
  const ports = spec.publishedPorts.map((port) => `${port}/tcp`);
  return {
    Hostname: spec.hostname,
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    HostConfig: {
      NetworkMode: network.name,
      // Port 0 lets the engine choose at start; loopback alone, but where the engine is on another machine.
      PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: publishOn, HostPort: '0' }]])),
      ExtraHosts: ['host.docker.internal:host-gateway', ...network.extraHosts],
    },
    NetworkingConfig: {
      EndpointsConfig: {
        [network.name]: {
          IPAMConfig: { IPv4Address: spec.ipv4, ...(spec.ipv6 === null ? {} : { IPv6Address: spec.ipv6 }) },
          // Here alone: Docker 29 refuses a container-wide one. Engines before API 1.44 do not read it, and derive the
          // same address from the IPv4 address.
          MacAddress: spec.macAddress,
          // Not every engine answers to host names.
          Aliases: [spec.hostname],
        },
      },
    },
  };
};

/**
 * Gives containers of one group one shim, the process that the engine starts beside each container, as it is with those of a
 * pod. Docker before 24 does not know the field, and nothing but time and memory depends on it.
 */
const shareShim = (group: string | null) =>
  group === null ? {} : { Annotations: { 'io.containerd.runc.v2.group': group } };

/** The parameters of the kernel that a network has of its own. */
const isOfNetwork = (sysctl: string): boolean => sysctl.startsWith('net.');

const sysctlsOf = ({ limits }: ContainerSpec, isWanted: (sysctl: string) => boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(limits.sysctls).filter(([sysctl]) => isWanted(sysctl)));

/**
 * A container that runs a program in C and nothing else, with one capability. The image only lends its name, for the program
 * comes with the volume. No function's label is on it, so it counts as none of an instance's containers.
 */
const toProgramOptions = (session: Session, image: string, volume: string, program: Program, capability: string) => ({
  Image: image,
  Entrypoint: [programPath(program)],
  Cmd: [],
  User: '0:0',
  WorkingDir: '/',
  OpenStdin: true,
  Labels: toSessionLabels(session),
  Healthcheck: { Test: ['NONE'] },
  StopSignal: 'SIGKILL',
  HostConfig: {
    Mounts: [mountPrograms(volume)],
    CapDrop: ['ALL'],
    CapAdd: [capability],
    ReadonlyRootfs: true,
    SecurityOpt: ['no-new-privileges'],
    RestartPolicy: { Name: 'no' },
    LogConfig: logConfig,
  },
});

/** A probe in a network. It ends with the one connection that is made to it. */
export const toProbeOptions = (
  { image }: ContainerSpec,
  session: Session,
  network: string,
  volume: string,
): ContainerCreateOptions => {
  const options = toProgramOptions(session, image, volume, 'probe', 'NET_RAW');
  return { ...options, StdinOnce: true, HostConfig: { ...options.HostConfig, NetworkMode: network } };
};

/**
 * A sandbox, which has an instance's network. It may wipe what runs leave there, and outlives an emulator that is killed, for
 * the sake of a run that does.
 */
export const toSandboxOptions = (
  spec: ContainerSpec,
  { session, network, publishOn }: CreateContext,
  volume: string,
  shimGroup: string,
): ContainerCreateOptions => {
  const options = toProgramOptions(session, spec.image, volume, 'sandbox', 'NET_ADMIN');
  const own = toNetworkOptions(spec, network, publishOn);
  return {
    ...options,
    ...own,
    Labels: { ...options.Labels, [labels.sandbox]: spec.instanceId },
    HostConfig: {
      ...options.HostConfig,
      ...own.HostConfig,
      ...shareShim(shimGroup),
      Sysctls: sysctlsOf(spec, isOfNetwork),
    },
  };
};

/** With an entry point of its own nothing of the image's command remains; without one, no arguments mean the image's. */
const toCommand = ({ command }: ContainerSpec): Pick<ContainerCreateOptions, 'Entrypoint' | 'Cmd'> => {
  if (command === null) return {};
  const Cmd = [...command.args];
  return command.path === null ? { Cmd } : { Entrypoint: [command.path], Cmd };
};

/** Stdin ends with the one connection that is made to it, and with stdin a launcher that was not released. */
const toLauncherCommand = ({ commandLine }: Launcher) => ({
  Entrypoint: [programPath('launcher')],
  Cmd: [...commandLine],
  OpenStdin: true,
  StdinOnce: true,
});

const toLimits = (limits: ContainerLimits, cpus: number): ContainerCreateOptions['HostConfig'] => ({
  // The engine refuses more than it has, where a limit beyond that is simply none.
  ...(limits.cpus === null ? {} : { NanoCpus: Math.round(Math.min(limits.cpus, cpus) * 1e9) }),
  ...(limits.cpuShares === null ? {} : { CpuShares: limits.cpuShares }),
  // Without a limit on swap the engine grants as much again, and a function would outgrow its memory unnoticed.
  ...(limits.memoryBytes === null ? {} : { Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes }),
  ...(limits.memoryReservationBytes === null ? {} : { MemoryReservation: limits.memoryReservationBytes }),
  ...(limits.sharedMemoryBytes === null ? {} : { ShmSize: limits.sharedMemoryBytes }),
  PidsLimit: limits.processes,
  Ulimits: Object.entries(limits.rlimits).map(([name, { soft, hard }]) => ({
    Name: name.replace(/^RLIMIT_/i, '').toLowerCase(),
    Soft: soft,
    Hard: hard,
  })),
  CapAdd: [...limits.capabilities],
  ReadonlyRootfs: limits.readOnlyRoot,
});
