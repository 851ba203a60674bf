import {
  type Answer,
  type Claim,
  excerpt,
  fieldOf,
  group,
  inferred,
  type Scenario,
  textOf,
  watch,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'spawn',
  level: 'lifecycle',
  operations: ['spawnInstance'],
  needs: ['callback'],
});

/** Long enough to be killed in between: where time is moved only the target's passes. */
const runMs = (isMovable: boolean): number => (isMovable ? 4_000 : 12_000);

/** Where time can be moved, the grace is not waited for. It begins once the target has sent its signal. */
const releaseAfterGrace = async (s: Scenario, claimed: Claim): Promise<Answer> => {
  const { container, instance, token } = claimed;
  const releasing = s.trySend({ operation: 'releaseInstance', container, body: { token, instance_id: instance } });
  const isAnswered = watch(releasing);
  while (s.run.clock.isMovable && !isAnswered()) {
    await s.until(isAnswered, 150);
    if (!isAnswered()) await s.pass(1_000);
  }
  return s.answered(await releasing);
};

/** What the function itself sees; it has to be fixtures/probe, or speak like it. */
export const inside = [
  define('INSIDE-001', 'Spawn really starts the function, once, and in the instance that was claimed.', async (s) => {
    const claimed = await s.claim();
    const { started, reports } = await s.spawnProbe(claimed);
    const rule = 'Spawn starts the instance asked for.';
    const own = started.variables['CYCLE_INSTANCE_ID'];
    s.check(own === claimed.instance, { rule, expected: `CYCLE_INSTANCE_ID=${claimed.instance}`, came: String(own) });
    if (!s.run.endsByItself) await s.checkListed(claimed, rule);
    await s.release(claimed);
    const starts = reports().filter(({ event }) => event === 'started').length;
    s.check(starts === 1, { rule: 'A spawn starts one process.', expected: 'one start', came: String(starts) });
  }),
  define('INSIDE-006', 'Release really ends the function, and lets it know before.', {
    source: 'shutdown',
    operations: ['releaseInstance'],
    questions: ['end-of-a-run'],
    run: async (s) => {
      const claimed = await s.claim();
      const { reports } = await s.spawnProbe(claimed);
      await s.release(claimed);
      const answeredAt = performance.now();
      const findStopping = () => reports().find(({ event }) => event === 'stopping');
      // The function gets the signal within the target's time, so the case may have to move the clock.
      if (!(await s.until(() => findStopping() !== undefined, s.run.settleMs / 2))) await s.pass(3_000);
      await s.until(() => findStopping() !== undefined, s.run.settleMs / 2);
      const stopping = findStopping();
      s.require(stopping !== undefined, {
        rule: 'Release ends the run: the function gets the first of deploy.shutdown.signals.',
        expected: 'a report that the function is being stopped',
        came: stopping === undefined ? 'none' : 'a report',
      });
      const isAfter = (stopping?.at ?? 0) > answeredAt;
      s.observe('end-of-a-run', { behaviour: isAfter ? 'answer-then-signal' : 'signal-then-answer' });
    },
  }),
  define('INSIDE-007', 'A run whose function ends by itself is no longer active.', {
    source: 'active',
    operations: ['getActiveInstances', 'releaseInstance'],
    questions: ['spawn-after-exit', 'release-after-exit'],
    run: async (s) => {
      const claimed = await s.claim();
      await s.spawnProbe(claimed, { PROBE_RUN_MS: '100', PROBE_EXIT_CODE: '3' });
      await s.pass(150);
      const isGone = await s.becomesListed(claimed, false);
      s.require(isGone, {
        rule: 'Active lists instances that are starting or running.',
        expected: 'a list without the instance whose function has ended',
        came: isGone ? 'a list without it' : claimed.instance,
      });
      const late = await s.sendSpawn(claimed);
      const isRefused = late.status >= 400 && late.status < 500;
      s.checkAnswer(late, isRefused, inferred('The end of a run is the end of its claim.'), 'a refusal');
      s.observeAnswer('spawn-after-exit', late);
      s.observeAnswer('release-after-exit', await s.sendRelease(claimed));
    },
  }),
  define(
    'INSIDE-008',
    'The function is found at the addresses that claim has answered, under the name that active answers.',
    {
      evidence: 'inferred',
      operations: ['claimInstance', 'getActiveInstances'],
      run: async (s) => {
        const claimed = await s.claim();
        const { started } = await s.spawnProbe(claimed);
        const environment = fieldOf(claimed.answer.data, 'environment');
        const stated = [fieldOf(environment, 'ipv6', 'ip'), fieldOf(environment, 'legacy', 'ipv4', 'ip')].map(textOf);
        if (started.addresses.length > 0) {
          s.check(
            stated.some((address) => address !== null && started.addresses.some((own) => isSameAddress(own, address))),
            {
              rule: 'Claim answers where the instance is found.',
              expected: `one of ${stated.join(', ')}`,
              came: started.addresses.join(', '),
            },
          );
        }
        await s.becomesListed(claimed);
        const hostname = fieldOf(await s.active(), claimed.instance, 'hostname');
        if (hostname === undefined) return;
        s.check(hostname === started.hostname, {
          rule: 'Active names the instance’s hostname.',
          expected: String(started.hostname),
          came: excerpt(hostname),
        });
      },
    },
  ),
  define('INSIDE-012', 'A function that does not heed its signal is dead after its grace.', {
    evidence: 'inferred',
    operations: ['releaseInstance'],
    run: async (s) => {
      const { clock, settleMs } = s.run;
      const lastsMs = runMs(clock.isMovable);
      const claimed = await s.claim();
      const spawnedAt = performance.now();
      const { reports } = await s.spawnProbe(claimed, {
        PROBE_IGNORE_SIGTERM: '1',
        PROBE_RUN_MS: String(lastsMs),
        PROBE_TELL_END: '1',
      });
      const answer = await releaseAfterGrace(s, claimed);
      if (answer.status !== 200) return s.skip('the run was not released');
      if (performance.now() - spawnedAt > lastsMs) return s.skip('the grace is longer than this case waits');
      s.check(await s.becomesListed(claimed, false), {
        rule: 'Release ends the run, also of a function that does not heed its signal.',
        expected: 'a list without it',
        came: claimed.instance,
        evidence: 'documented',
        source: 'shutdown',
      });
      const hasEnded = () => reports().some(({ event }) => event === 'ending');
      if (clock.isMovable) await s.pass(lastsMs);
      await s.until(hasEnded, Math.max(0, spawnedAt + lastsMs + Math.min(settleMs, 500) - performance.now()));
      s.check(!hasEnded(), {
        rule: 'A function that runs on after its signal is killed when graceful_timeout is over.',
        expected: 'no word of it after its release',
        came: `it has reported its own end ${lastsMs} ms after its start`,
      });
    },
  }),
];

/** IPv6 addresses may be written in several ways. */
const isSameAddress = (one: string, other: string): boolean => canonical(one) === canonical(other);

const canonical = (address: string): string => {
  const bare = address.split('/')[0] ?? '';
  return bare.includes(':') && URL.canParse(`http://[${bare}]/`) ? new URL(`http://[${bare}]/`).hostname : bare;
};
