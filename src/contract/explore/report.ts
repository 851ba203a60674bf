import type { Scenario } from '../scenario.ts';
import type { Sighting } from './walk.ts';

/** A contradiction, and what has become of its history. */
export type Finding = Sighting & {
  /** With it the same history comes first. */
  readonly seed: number;
  /** It has been seen again when its history was walked a second time. */
  readonly isReplayed: boolean;
};

/** What an exploration has come to. */
type Outcome = { readonly findings: readonly Finding[]; readonly histories: number; readonly requests: number };

/** Writes what was found, or that nothing was, into the results. */
export const reportFindings = (s: Scenario, { findings, histories, requests }: Outcome): void => {
  const { seed, seconds } = s.run.exploration;
  if (histories === 0) s.skip('no history could be walked within the bounds of the run');
  s.exploration = {
    seed,
    histories,
    requests,
    contradictions: findings.map((finding) => ({
      rule: finding.contradiction.rule.rule,
      seed: finding.seed,
      isReplayed: finding.isReplayed,
      history: finding.moves.map((move) => s.run.redaction.text(move)),
      command: commandFor(s, finding.seed, seconds),
    })),
  };
  for (const finding of findings) reportFinding(s, finding);
  if (findings.length === 0) {
    s.check(true, {
      rule: 'Each answer agrees with all that was answered before.',
      expected: 'no contradiction',
      came: `none in ${histories} histories with ${requests} requests (--seed ${seed})`,
      evidence: 'documented',
    });
  }
};

const reportFinding = (s: Scenario, { contradiction, moves, journal, seed, isReplayed }: Finding): void => {
  const offset = s.steps.length;
  s.steps.push(...journal.steps);
  for (const defect of journal.defects) s.note(defect);
  const { rule, expected, came } = contradiction;
  const again = isReplayed ? 'seen again' : 'seen once';
  const last = journal.steps.at(-1);
  s.check(false, {
    ...rule,
    expected,
    came: `${came} (--seed ${seed}, ${again}) after: ${moves.join('; ')}`,
    ...(last === undefined ? {} : { about: { step: offset + journal.steps.length - 1, operation: last.operation } }),
  });
};

/** Where the key was given stands `$CYCLE_ACCESS_KEY`. */
const commandFor = ({ run }: Scenario, seed: number, seconds: number): string =>
  [
    'cycle-scheduler contract',
    `--url ${run.url}`,
    '--access-key "$CYCLE_ACCESS_KEY"',
    ...run.containers.map((id) => `--container ${id}`),
    `--level ${run.exploration.level}`,
    `--only EXPLORE-001 --explore ${seconds} --seed ${seed}`,
  ].join(' ');
