/** How an engine comes to be: packages of a Debian suite, and the daemon that serves the Docker API from them. */
export type EngineKind = {
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
  readonly daemon: 'dockerd' | 'podman';
  /** What every `dockerd` beside it reads as daemon.json, the tests' own ones included. */
  readonly config: Readonly<Record<string, unknown>>;
  /** For the daemon, and for the tests' own ones. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the Docker 29 proxy stands before it. */
  readonly as29: boolean;
  /** Set where the suite changes from day to day: its absence is no failure, and this one stands in, if any. */
  readonly moves?: { readonly standIn: string | null };
};

const docker = { daemon: 'dockerd', config: {}, env: {}, as29: false } as const;

/** What of Docker 29 is a setting of older daemons; the proxy does the rest. */
const as29 = {
  config: {
    features: { 'containerd-snapshotter': true },
    'default-ulimits': { nofile: { Name: 'nofile', Soft: 1_024, Hard: 4_096 } },
  },
  env: { DOCKER_MIN_API_VERSION: '1.44' },
  as29: true,
} as const;

/** The engines of one suite share a folder: it holds the packages of all of them. */
const packages: Readonly<Record<string, readonly string[]>> = {
  bookworm: ['docker.io', 'iptables'],
  // Podman 5 takes crun first, and crun refuses machines whose cgroups are v1 and v2 in parts.
  trixie: ['docker.io', 'docker-cli', 'iptables', 'podman', 'runc', 'netavark', 'aardvark-dns', 'nftables'],
  sid: ['docker.io', 'docker-cli', 'iptables'],
};

const of = (suite: string) => ({ suite, packages: packages[suite] ?? [] });

export const engineKinds: readonly EngineKind[] = [
  { name: 'docker-20', ...of('bookworm'), ...docker },
  { name: 'docker-26', ...of('trixie'), ...docker },
  { name: 'docker-28', ...of('sid'), ...docker, moves: { standIn: null } },
  { name: 'docker-29', ...of('sid'), ...docker, ...as29, moves: { standIn: 'trixie' } },
  { name: 'podman-5', ...of('trixie'), ...docker, daemon: 'podman' },
];

/** The engine from the suite that stands in for one that moves; null where none does. */
export const standInFor = (kind: EngineKind): EngineKind | null => {
  const suite = kind.moves?.standIn;
  return suite === undefined || suite === null ? null : { ...kind, ...of(suite) };
};
