import { lawfulAnswers } from './answers.ts';
import { lawfulClaims } from './claims.ts';
import { lawfulErrors } from './errors.ts';
import type { Lawful } from './lawful.ts';
import { lawfulRuns } from './runs.ts';

/** Every choice that the suite must leave to a scheduler. */
export const lawfulChoices: readonly Lawful[] = [...lawfulErrors, ...lawfulAnswers, ...lawfulClaims, ...lawfulRuns];

/** Schedulers, each with several of the choices at once: any of them is that of some scheduler, and each stands in one of these. */
export const lawfulSchedulers: readonly { readonly choices: readonly string[]; readonly isBehindProxy?: boolean }[] = [
  { choices: [], isBehindProxy: true },
  {
    choices: [
      'oauth-errors',
      'codes-with-underscores',
      'release-as-spawned',
      'exhausted-as-409',
      'times-elsewhere',
      'null-for-absent',
    ],
  },
  {
    choices: [
      ...['challenge-alone', 'further-fields-in-errors', 'further-fields', 'release-as-released', 'in-turn'],
      ...['exhausted-as-429', 'paths-as-text', 'unspawned-kept', 'one-instance-a-token', 'times-in-seconds'],
    ],
  },
  {
    choices: [
      ...['other-codes', 'methods-as-405', 'exhausted-as-503', 'newest-first', 'releases-repeatable'],
      ...['claims-repeatable', 'times-in-nanoseconds', 'slash-redirects'],
    ],
  },
  {
    choices: [
      'bad-key-as-400',
      'release-as-id',
      'exhausted-as-404',
      'spawns-repeatable',
      'one-connection-each',
      'indented',
    ],
  },
  { choices: ['lists-lag', 'stops-behind', 'statuses-with-a-fraction'], isBehindProxy: true },
  { choices: ['ends-lag', 'without-active'], isBehindProxy: true },
  { choices: ['leases-swept', 'releases-repeatable', 'unspawned-kept'] },
  { choices: ['ends-at-once', 'oauth-errors', 'unspawned-kept'] },
  { choices: ['ends-at-once-for-good', 'exhausted-as-409'] },
  { choices: ['hang-ups-unnoticed', 'instances-replaced', 'codes-with-underscores'] },
];
