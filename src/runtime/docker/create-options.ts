import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import type { ContainerLimits, ContainerSpec } from '../port.ts';
import { labels, type Session, toSessionLabels } from './labels.ts';
import type { MadeNetwork } from './network.ts';
import { logConfig } from './run-output.ts';

export type CreateContext = {
  readonly session: Session;
  readonly network: MadeNetwork;
  /** CPUs of the engine. */
  readonly cpus: number;
  readonly publishOn: string;
  /** Set where the container's process shall wait, as the launcher, before it becomes the function. */
  readonly launcher?: Launcher | null;
  /** Volumes with files. */
  readonly mounts?: readonly MountSettings[];
  /** What the container joins; its network is its own without one. */
  readonly sandbox?: JoinedSandbox | null;
};

/** The volume that holds the launcher, and the argument list of the function. */
export type Launcher = { readonly volume: string; readonly commandLine: readonly string[] };

/** A sandbox by the engine's ID, and its shim group, see `shareShim`. */
export type JoinedSandbox = { readonly dockerId: string; readonly shimGroup: string | null };

export const launcherFolder = '/.cycle-gate';
export const launcherFile = 'gate';
/** What runs in a sandbox. */
export const sandboxFile = 'sandbox';

/** Where containers that have the volume find the launcher. */
export const launcherPath = `${launcherFolder}/${launcherFile}`;

/** How a container mounts the launcher's volume. Nothing of the image can be in it, so nothing is copied. */
export const mountLauncher = (volume: string) => ({
  Type: 'volume' as const,
  Source: volume,
  Target: launcherFolder,
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
      Mounts: [...(launcher === null ? [] : [mountLauncher(launcher.volume)]), ...mounts],
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
 * A sandbox: a container that has an instance's network and does nothing else. The image only lends its name, for the
 * program comes with the volume. No function's label is on it, so it counts as none of an instance's containers.
 */
export const toSandboxOptions = (
  spec: ContainerSpec,
  {
    session,
    network,
    publishOn,
    volume,
    shimGroup,
  }: CreateContext & Pick<Launcher, 'volume'> & Pick<JoinedSandbox, 'shimGroup'>,
): ContainerCreateOptions => {
  const own = toNetworkOptions(spec, network, publishOn);
  return {
    ...own,
    Image: spec.image,
    Entrypoint: [`${launcherFolder}/${sandboxFile}`],
    Cmd: [],
    User: '0:0',
    WorkingDir: '/',
    // It outlives an emulator that is killed, for the sake of a run that does.
    OpenStdin: true,
    StdinOnce: false,
    Labels: { ...toSessionLabels(session), [labels.sandbox]: spec.instanceId },
    Healthcheck: { Test: ['NONE'] },
    StopSignal: 'SIGKILL',
    HostConfig: {
      ...own.HostConfig,
      ...shareShim(shimGroup),
      Mounts: [mountLauncher(volume)],
      Sysctls: sysctlsOf(spec, isOfNetwork),
      CapDrop: ['ALL'],
      // To wipe what runs leave.
      CapAdd: ['NET_ADMIN'],
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: { Name: 'no' },
      LogConfig: logConfig,
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
  Entrypoint: [launcherPath],
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
