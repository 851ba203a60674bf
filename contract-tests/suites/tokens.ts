import { changesNothing, claim, freshToken, giveBack, sendClaim, sendSpawn, spawn } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkRunsOn, checkUnlisted, isSeenAtWork } from '../kit/listing.ts';
import { checkRefused } from '../kit/observations.ts';
import { releaseUnderOldToken } from '../kit/old-tokens.ts';
import { claimUpTo, holdAll } from '../kit/waiting.ts';
import { fieldOf } from '../model/json.ts';

/** What opens a claim, and what tells instances apart. */
export const tokens: readonly ContractCase[] = [
  {
    id: 'TOKEN-001',
    requirement: 'Spawn and release of a claimed instance need its token.',
    evidence: 'documented',
    source: 'requestBody',
    level: 'lifecycle',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      const rule = 'Spawn and release require the token of the claim.';
      const body = { instance_id: claimed.instance };
      const isRefused = checkRefused(s, await s.send({ operation: 'spawnInstance', body }), rule);
      if (!isRefused) return;
      await spawn(s, claimed, undefined, changesNothing);
      const wasListed = await isSeenAtWork(s, claimed);
      checkRefused(s, await s.send({ operation: 'releaseInstance', body }), rule);
      await checkRunsOn(s, claimed, wasListed);
    },
  },
  {
    id: 'TOKEN-002',
    requirement: 'Tokens that look alike are different: spawn needs each character as it was.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    run: async (s) => {
      const token = `${freshToken(s)}-Ｅ\u00e9-ﬁ`;
      const answer = await sendClaim(s, { token });
      if (answer.failure !== undefined || answer.status !== 200) return s.skip('the target takes no such token');
      const instance = String(fieldOf(answer.data, 'instance_id'));
      const claimed = { container: s.container, instance, token, answer };
      for (const form of ['NFD', 'NFKC', 'NFKD']) {
        const alike = { ...claimed, token: token.normalize(form) };
        const isRefused = checkRefused(s, await sendSpawn(s, alike), 'Spawn needs the token of the claim.');
        if (!isRefused) return;
      }
      await checkUnlisted(s, claimed, { rule: 'A refused spawn starts nothing.' });
    },
  },
  {
    id: 'TOKEN-003',
    requirement: 'The token of an ended claim opens nothing, even after a new claim of the instance.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const held = await holdAll(s);
      for (const one of held) await giveBack(s, one);
      const again = await claimUpTo(s, held.length);
      for (const old of held) {
        checkRefused(s, await sendSpawn(s, old), 'A token opens the claim it was given for, and none after that.');
        const next = again.find(({ instance }) => instance === old.instance);
        if (next !== undefined) await releaseUnderOldToken(s, old, next);
      }
    },
  },
  {
    id: 'NETWORK-001',
    requirement: 'Different instances have different MAC and IPv4 addresses.',
    evidence: 'inferred',
    level: 'claim',
    operations: ['claimInstance'],
    run: async (s) => {
      const answers = [(await claim(s)).answer, (await claim(s)).answer];
      for (const path of [['mac_addr'], ['legacy', 'ipv4', 'ip']]) {
        const [one, other] = answers.map(({ data }) => fieldOf(data, 'environment', ...path));
        if (one === undefined || other === undefined) continue;
        s.check(one !== other, {
          rule: 'Instances of one network differ in their addresses.',
          expected: `two values of ${path.join('.')}`,
          came: `${one} and ${other}`,
        });
      }
    },
  },
];
