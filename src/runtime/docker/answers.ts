import { reasonOf, statusOf } from './docker-errors.ts';

/*
 * What engines answer in different words or under different status codes: measured of Docker 20.10 to 28.5, which comes
 * first in each comment, and of Podman 5.4.
 */

/** `network x not found`, `unable to find network with name or ID x: network not found`: 404 or 500. */
export const isNetworkMissing = (error: unknown): boolean => /network (?:\S+ )?not found/i.test(reasonOf(error));

/** 403, 500 `network is being used`. */
export const isNetworkInUse = (error: unknown): boolean =>
  statusOf(error) === 403 || /network is being used/i.test(reasonOf(error));

/**
 * 403 `Pool overlaps with other one on this address space`, 500 `subnet x is already used on the host or by another
 * config`. A name that is taken is a 409, and `already used` to Podman, too.
 */
export const isSubnetTaken = (error: unknown): boolean =>
  statusOf(error) !== 409 && /overlap|already used/i.test(reasonOf(error));

/** 403 `endpoint with name x already exists in network y`, 403 `container x is already connected to network y`. */
export const isAlreadyConnected = (error: unknown): boolean =>
  /already (?:exists in|connected to) network/i.test(reasonOf(error));

/** `Address already in use`, `IP address x is already allocated`: at create or start, for another container has it. */
export const isAddressTaken = (error: unknown): boolean =>
  /address already in use|already allocated/i.test(reasonOf(error));

/** 404, at start; the word distinguishes it from a network that is missing. */
export const isContainerMissing = (error: unknown): boolean => /no such container/i.test(reasonOf(error));

/** 404, at create; the word distinguishes it from a network that is missing. */
export const isImageMissing = (error: unknown): boolean => /no such image/i.test(reasonOf(error));

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
