import type { ProfileAnswer } from './profile.ts';

/** What of a profile is more than a status and a code, as far as it can be imitated. */
export type Behaviours = {
  /** A claim that was not spawned cannot be released. */
  readonly refusesUnspawnedRelease: boolean;
  /** What was released before can be released again, until its next claim. */
  readonly takesSecondRelease: boolean;
  /** A run that has ended by itself cannot be released. */
  readonly refusesReleaseAfterExit: boolean;
  /** The instance released last is granted first. */
  readonly grantsLatestFirst: boolean;
  /** A claim that finds no instance free does not wait. */
  readonly refusesAtOnce: boolean;
};

const isSuccess = (answer: ProfileAnswer | undefined): boolean => answer?.status === 200;
const isRefusal = (answer: ProfileAnswer | undefined): boolean => answer?.status !== undefined && answer.status >= 400;

export const toBehaviours = (answers: Readonly<Record<string, ProfileAnswer>>): Behaviours => ({
  refusesUnspawnedRelease: isRefusal(answers['release-before-spawn']),
  takesSecondRelease: isSuccess(answers['second-release']),
  refusesReleaseAfterExit: isRefusal(answers['release-after-exit']),
  grantsLatestFirst: answers['order-of-instances']?.behaviour === 'latest-released-first',
  refusesAtOnce: answers['exhausted-pool']?.behaviour === 'at-once',
});
