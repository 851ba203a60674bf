import { reasonOf, statusOf } from './docker-errors.ts';

/*
 * Where engines differ: measured of Docker 20.10 to 28.5 and the defaults of 29, whose words come first in each comment, and of Podman 5.4.
 *
 * Other differences need other requests. Every engine gets what suits both:
 * - `removeContainer` kills before it removes: with force alone Podman stops a container first, as slowly as a stop may be;
 * - `attach` is not the client's, whose options Podman hands to the process;
 * - networks are removed by their name, for by its ID Podman removes one under containers that use it, and containers that
 *   do not run are listed besides, for Podman counts those, too;
 * - a container has its address in a label: Podman shows none once it has ended;
 * - the engine's clock is read from a ping: Podman takes a second to gather its `info`.
 * These depend on the product: `readOn` reads Podman's log again and again, `build/builder.ts` and `build/build-errors.ts`
 * know Podman's builder, `built-images.ts` knows its image IDs and names, and `whileNetworkIsUp` (`src/emulator/pools.ts`)
 * starts a container for the host to have an address. What users notice of all this: docs/engines.md.
 */

/** What engines call themselves among their components. One that is neither speaks the API as Docker does. */
export type DockerProduct = 'Docker' | 'Podman';

export const toProduct = (components: readonly { readonly Name: string }[] = []): DockerProduct =>
  components.some(({ Name }) => /^podman\b/i.test(Name)) ? 'Podman' : 'Docker';

/**
 * Why an instance's containers cannot share a network; null where they can. Podman gives each that joins one a host name of
 * its own, adds that to the hosts file of all, and removes no sandbox before the container of a run that is kept.
 */
export const whyNotWarm = (product: DockerProduct): string | null =>
  product === 'Podman' ? 'Podman gives a container that joins the network of another a host name of its own' : null;

/** Networks that the engine makes itself; Podman's is called after it. */
export const predefinedNetworks = ['bridge', 'host', 'none', 'podman', 'ingress', 'docker_gwbridge'];

/** The events of a container that is gone: Docker's and Podman's. */
export const removalActions = ['destroy', 'remove'];

type Actor = { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };

/** The container that joined or left a network: an attribute of Docker's event, the actor of Podman's. */
export const containerOfNetworkEvent = ({ ID, Attributes }: Actor): string => Attributes['container'] ?? ID;

/** 403, 500 `network is being used`. */
export const isNetworkInUse = (error: unknown): boolean =>
  statusOf(error) === 403 || /network is being used/i.test(reasonOf(error));

/**
 * 403 `Pool overlaps with other one on this address space`, 500 `subnet x is already used on the host or by another
 * config`. A name that is taken is a 409, and `already used` to Podman, too.
 */
export const isSubnetTaken = (error: unknown): boolean =>
  statusOf(error) !== 409 && /overlap|already used/i.test(reasonOf(error));

/** Podman knows two states more: on the way to an end, `stopping`, and after it, before it has tidied up, `stopped`. */
export const hasEnded = (state: string): boolean => ['exited', 'stopped', 'dead', 'removing'].includes(state);

/** Whether it was started and has not ended. `State.Running` is false while Podman stops it. */
export const hasProcess = (state: string): boolean => state !== 'created' && !hasEnded(state);

/** The engine's reason, without the layers of programs that handed it up, and without Podman's name for its kind. */
export const innermost = (reason: string): string =>
  reason
    .replace(/^.*(?:starting container process caused|unable to start container process|container init): /, '')
    .replace(/^(?:process_linux\.go:\d+: |container create: )/, '')
    .replace(/: (?:unknown|OCI [\w ]+)$/, '');

/**
 * The exit code of a start that failed, as a shell reports it: 127 where the command is not there, 126 where it cannot
 * be executed. Docker's container shows that code, Podman's 0, so it is read from the reason. Null for other reasons.
 */
export const toFailedStartCode = (reason: string): number | null => {
  if (!/\bexec\b|executable/i.test(reason)) return null;
  if (/executable file .*not found|no such file or directory/i.test(reason)) return 127;
  return /permission denied|is a directory|not a directory/i.test(reason) ? 126 : null;
};
