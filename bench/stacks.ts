import { secret } from './emulator-process.ts';

type Size = { readonly instances: number; readonly command?: object };

/** A function of an image, as a stack file has it. */
export const functionOf = (image: string, { instances, command }: Size): object => ({
  image: { origin: { type: 'docker-hub', details: { target: image } } },
  stateful: false,
  config: {
    network: { public: 'disable' },
    deploy: { strategy: 'function', instances, function: { max_pool_size: instances, max_queue_time: '60s' } },
    ...(command === undefined ? {} : { runtime: { command } }),
  },
});

/** How an instance waits: what the emulator's section of a stack says of so many. */
export const kinds = {
  cold: () => ({ warm: 0 }),
  warm: (warm: number) => ({ warm }),
  hot: (hot: number) => ({ hot, warm: hot }),
} as const;

export type Kind = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as readonly Kind[];

/** What the work makes of each kind, by kind. */
const forKinds = <Value>(work: (kind: Kind) => Value): Readonly<Record<Kind, Value>> =>
  Object.fromEntries(kindNames.map((kind) => [kind, work(kind)])) as Record<Kind, Value>;

/** A stack with a function for each kind, called so. */
export const stackOfKinds = (spec: object, instances: number): object =>
  stackOf(
    forKinds(() => spec),
    forKinds((kind) => kinds[kind](instances)),
  );

/** A stack of functions by name, and what only the emulator reads of them. */
export const stackOf = (
  functions: Readonly<Record<string, object>>,
  emulated: Readonly<Record<string, object>> = {},
): object => ({
  version: '1.0',
  containers: Object.fromEntries(
    Object.entries(functions).map(([name, spec]) => {
      const { config } = spec as { config: { network: object } };
      return [name, { ...spec, name, config: { ...config, network: { ...config.network, hostname: name } } }];
    }),
  ),
  services: { scheduler: { config: { access_keys: [{ name: 'bench', secret, ips: [] }] } } },
  emulator: { containers: emulated },
});
