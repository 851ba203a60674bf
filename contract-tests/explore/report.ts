import { usualSettleMs, usualTimeoutMs } from '../kit/limits.ts';
import type { Scenario } from '../kit/scenario.ts';
import { counted, shownAccessKey } from '../model/json.ts';
import type { ContractOptions } from '../model/options.ts';
import type { Sighting } from './walk.ts';

/** A contradiction, and what has become of its history. */
export type Finding = Sighting & {
  /** With it the same history comes first. */
  readonly seed: number;
  /**
   * Whether its history has shown it again when it was walked once more; `left-behind` where the target shows it then
   * without that history, or no longer keeps what it kept before; its moves are those of the history before, too.
   */
  readonly seen: 'again' | 'once' | 'left-behind';
};

const seenAs: { readonly [Seen in Finding['seen']]: string } = {
  again: 'seen again',
  once: 'seen once, and not when the same was done again',
  'left-behind': 'seen once: the target has not recovered from it, so that it cannot be shortened',
};

/** What an exploration has come to. */
type Outcome = { readonly findings: readonly Finding[]; readonly histories: number; readonly requests: number };

/** Writes what was found, or that nothing was, into the results. */
export const reportFindings = (s: Scenario, { findings, histories, requests }: Outcome): void => {
  const { seed } = s.run.exploration;
  if (histories === 0) s.skip('no history could be walked within the bounds of the run');
  s.exploration = {
    seed,
    histories,
    requests,
    contradictions: findings.map((finding) => ({
      rule: finding.contradiction.rule.rule,
      seed: finding.seed,
      isReplayed: finding.seen === 'again',
      seen: seenAs[finding.seen],
      history: finding.moves.map((move) => s.run.redaction.text(move)),
      command: commandFor(s, finding.seed),
    })),
  };
  for (const finding of findings) reportFinding(s, finding);
  if (findings.length === 0) {
    s.check(true, {
      rule: 'Each answer agrees with all that was answered before.',
      expected: 'no contradiction',
      came: `none in ${counted(histories, 'history', 'histories')} with ${counted(requests, 'request')} (--seed ${seed})`,
      evidence: 'documented',
    });
  }
};

const reportFinding = (s: Scenario, { contradiction, trace, seed, seen }: Finding): void => {
  const offset = s.steps.length;
  s.steps.push(...trace.steps);
  for (const defect of trace.defects) s.note(defect);
  const { rule, expected, came } = contradiction;
  const last = trace.steps.at(-1);
  s.check(false, {
    ...rule,
    expected,
    came: `${came} (--seed ${seed}, ${seenAs[seen]})`,
    ...(last === undefined ? {} : { about: { step: offset + trace.steps.length - 1, operation: last.operation } }),
  });
};

/** How the key was given, without the key: by a file, by a variable, or else by the variable that reports have for it. */
export const keyFlag = (sources: ContractOptions['sources'] = {}): string => {
  const { 'access-key': source = '', 'access-key-file': file } = sources;
  if (file !== undefined) return `--access-key-file ${quote(source)}`;
  return `--access-key "${/^[A-Z_]+$/.test(source) ? `$${source}` : shownAccessKey}"`;
};

/** For a shell. Settings by which answers are judged stand in it where they are not the usual ones. */
const commandFor = ({ run }: Scenario, seed: number): string => {
  const { url, sources, containers, exploration, settleMs, requestTimeoutMs, endsByItself, linked } = run;
  return [
    `cycle-scheduler contract --url ${quote(url)}`,
    keyFlag(sources),
    ...containers.map((id) => `--container ${id}`),
    `--level ${exploration.level}`,
    ...(settleMs === usualSettleMs ? [] : [`--settle ${settleMs / 1_000}`]),
    ...(requestTimeoutMs === usualTimeoutMs ? [] : [`--timeout ${requestTimeoutMs / 1_000}`]),
    ...(endsByItself ? ['--ends-by-itself'] : []),
    ...(linked === null ? [] : [`--linked-url ${quote(linked.url)}`]),
    ...(linked?.hosts ?? []).map((host) => `--linked-host ${quote(host)}`),
    `--only EXPLORE-001 --explore ${exploration.seconds} --seed ${seed}`,
  ].join(' ');
};

const quote = (text: string): string => (/^[\w:/.[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
