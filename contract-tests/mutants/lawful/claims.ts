import type { Change } from '../../reference/rules.ts';
import { hangUpsUnnoticed } from '../lines.ts';
import { refuseAs, withCode } from '../mutant.ts';
import { type Lawful, lawful } from './lawful.ts';

const refusedAtOnce =
  (code: string): Change =>
  ({ refuse }) => ({
    refuse: { noneFree: withCode(refuse.noneFree, code) },
    wait: () => Promise.resolve(null),
  });

/** What claims may do. */
export const lawfulClaims: readonly Lawful[] = [
  lawful('exhausted-as-409', 'An exhausted pool answers 409, at once.', refusedAtOnce('409.duplicate-found'), {
    warns: ['POOL-001'],
  }),
  lawful('exhausted-as-429', 'An exhausted pool answers 429, at once.', refusedAtOnce('429.rate-limiting'), {
    warns: ['POOL-001'],
  }),
  lawful('exhausted-as-404', 'An exhausted pool answers 404.instance, at once.', refusedAtOnce('404.instance'), {
    warns: ['POOL-001'],
  }),
  lawful('exhausted-as-503', 'An exhausted pool answers 503 after a wait.', refuseAs('noneFree', '503.not-ready')),
  lawful(
    'one-instance-a-token',
    'A token that holds an instance gets no other, of no function.',
    ({ claim }, { functions }) => ({
      claim: async (call) => {
        const held = functions.flatMap(({ instances }) => instances).find(({ token }) => token === call.token);
        const rejection = { status: 409, code: '409.duplicate-found', title: 'Token in use' };
        return held ? { rejection } : await claim(call);
      },
    }),
    { warns: ['CLAIM-004'] },
  ),
  lawful(
    'claims-repeatable',
    'A second claim with the same token is the same claim, and its lease starts again.',
    (rules) => {
      const { claim } = rules;
      return {
        claim: async (call) => {
          const held = call.fn.instances.find(({ token, spawnedAt }) => token === call.token && spawnedAt === null);
          if (held === undefined) return await claim(call);
          held.lease?.cancel();
          rules.lease(held);
          return { data: rules.claimed(held, call.token) };
        },
      };
    },
    { warns: ['CLAIM-004'] },
  ),
  lawful(
    'hang-ups-unnoticed',
    'That a caller in line has hung up is not noticed, as behind a proxy that does not pass it on.',
    hangUpsUnnoticed,
    { warns: ['LINE-003', 'LINE-006'] },
  ),
  lawful(
    'instances-replaced',
    'After each use an instance of another ID takes the place of the one that was used.',
    ({ free }) => {
      let count = 0;
      return {
        free: (instance) => {
          count += 1;
          instance.id = `fade${String(count).padStart(20, '0')}`;
          free(instance);
        },
      };
    },
  ),
  lawful('newest-first', 'A claim gets the instance that became available last.', { pick: (fn) => fn.free.at(-1) }),
  lawful('in-turn', 'Claims go round the instances.', () => {
    let turn = 0;
    return {
      pick: (fn) => {
        turn += 1;
        return fn.free[turn % Math.max(1, fn.free.length)];
      },
    };
  }),
  lawful(
    'leases-swept',
    'Claims end more than a second late, as where they are looked at now and then.',
    { leaseMs: 11_200 },
    { warns: ['LEASE-002'], options: { settleMs: 1_200 } },
  ),
];
