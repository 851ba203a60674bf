import { changesNothing, group, releaseUnderOldToken, toClaim } from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'requestBody',
  level: 'lifecycle',
  operations: ['spawnInstance', 'releaseInstance'],
});

/** What opens a claim. */
export const tokens = [
  define('TOKEN-001', 'Spawn and release of a claimed instance need its token.', async (s) => {
    const claimed = await s.claim();
    const rule = 'Spawn and release require the token of the claim.';
    const body = { instance_id: claimed.instance };
    const isRefused = s.checkRefused(await s.send({ operation: 'spawnInstance', body }), rule);
    if (!isRefused) return;
    await s.spawn(claimed, undefined, changesNothing);
    const wasListed = await s.isSeenAtWork(claimed);
    s.checkRefused(await s.send({ operation: 'releaseInstance', body }), rule);
    await s.checkRunsOn(claimed, wasListed);
  }),
  define('TOKEN-002', 'Tokens that look alike are different: spawn needs each character as it was.', {
    source: 'spawn',
    operations: ['spawnInstance'],
    run: async (s) => {
      const token = `${s.freshToken()}-Ｅ\u00e9-ﬁ`;
      const claimed =
        toClaim(s.container, token, await s.sendClaim({ token })) ?? s.skip('the target takes no such token');
      for (const form of ['NFD', 'NFKC', 'NFKD']) {
        const alike = { ...claimed, token: token.normalize(form) };
        const isRefused = s.checkRefused(await s.sendSpawn(alike), 'Spawn needs the token of the claim.');
        if (!isRefused) return;
      }
      await s.checkUnlisted(claimed, 'A refused spawn starts nothing.');
    },
  }),
  define('TOKEN-003', 'The token of an ended claim opens nothing, even after a new claim of the instance.', {
    source: 'lease',
    level: 'disruptive',
    run: async (s) => {
      const held = await s.holdAll();
      await s.giveAllBack(held);
      const again = await s.claimUpTo(held.length);
      for (const old of held) {
        s.checkRefused(await s.sendSpawn(old), 'A token opens the claim it was given for, and none after that.');
        const next = again.find(({ instance }) => instance === old.instance);
        if (next !== undefined) await releaseUnderOldToken(s, old, next);
      }
    },
  }),
];
