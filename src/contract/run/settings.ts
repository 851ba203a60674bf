import { EmulatorError, errorCodes } from '../../errors.ts';
import { isLoopback } from '../../is-loopback.ts';
import { withoutPassword } from '../../without-password.ts';
import type { ContractCase } from '../case.ts';
import type { ContractOptions } from '../options.ts';
import { shownAccessKey } from '../redaction.ts';
import type { EffectiveSettings } from '../result.ts';
import { includesLevel, type Level, levels } from '../vocabulary.ts';
import { defaultLedgerFolder } from './ledger.ts';

/** Options with all their defaults. */
export type Settings = Omit<ContractOptions, 'url' | 'level' | 'requestTimeoutMs' | 'settleMs' | 'ledgerFolder'> & {
  readonly url: URL;
  readonly isLoopback: boolean;
  readonly level: Level;
  readonly requestTimeoutMs: number;
  readonly settleMs: number;
  readonly ledgerFolder: string | false;
  /** Those of the level and of `only` and `skip`. */
  readonly cases: readonly ContractCase[];
};

const bad = (reason: string, advice: string): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to run the contract: ${reason}. ${advice}.`);

/** Throws an EmulatorError where an option is impossible. */
export const toSettings = (options: ContractOptions, allCases: readonly ContractCase[]): Settings => {
  const url = parseUrl(options.url);
  // Where nobody else's work can be hurt by default.
  const isLocal = isLoopback(url.hostname);
  const { level = isLocal ? 'disruptive' : 'claim', only = [], skip = [] } = options;
  if (options.accessKey === '') throw bad('the access key is empty', 'Give one of the scheduler’s keys');
  if (options.containers.length === 0) throw bad('no container is given', 'Give the ID of a function container');
  const odd = options.containers.find((id) => !/^[0-9a-f]{24}$/i.test(id));
  if (odd !== undefined) throw bad(`"${odd}" is no container ID`, 'An ID has 24 hexadecimal digits');
  if (!levels.includes(level)) throw bad(`there is no level "${level}"`, `Choose one of ${levels.join(', ')}`);
  checkIds(allCases, [...only, ...skip, ...(options.knownDifferences ?? []).map(({ id }) => id)]);
  return {
    ...options,
    url,
    isLoopback: isLocal,
    level,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    settleMs: options.settleMs ?? 3_000,
    ledgerFolder: options.ledgerFolder ?? defaultLedgerFolder(),
    cases: choose(allCases, level, only, skip),
  };
};

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw bad(
      `"${withoutPassword(text)}" is no http or https URL`,
      'Give the scheduler’s base URL, such as http://127.0.0.1:4280',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw bad('the URL has more than a host, a port and a path', 'Give the access key by its own option');
  }
  return url;
};

/** A name that means nothing would silently run everything, or nothing. */
const checkIds = (allCases: readonly ContractCase[], starts: readonly string[]): void => {
  const unknown = starts.find((start) => !allCases.some(({ id }) => id.startsWith(start)));
  if (unknown !== undefined) throw bad(`no case is called "${unknown}"`, 'See cycle-scheduler contract --list');
};

const choose = (
  all: readonly ContractCase[],
  level: Level,
  only: readonly string[],
  skip: readonly string[],
): readonly ContractCase[] => {
  const matches = (id: string, starts: readonly string[]): boolean => starts.some((start) => id.startsWith(start));
  return all.filter(
    ({ id, level: own }) => includesLevel(level, own) && (only.length === 0 || matches(id, only)) && !matches(id, skip),
  );
};

/** The settings as every report shows them. */
export const toEffectiveSettings = (settings: Settings): EffectiveSettings => ({
  url: settings.url.href,
  accessKey: shownAccessKey,
  containers: settings.containers,
  nonFunctionContainer: settings.nonFunctionContainer ?? null,
  level: settings.level,
  only: settings.only ?? [],
  skip: settings.skip ?? [],
  clock: settings.advanceClock === undefined ? 'real' : 'movable',
  callback: settings.callback ?? null,
  bounds: settings.bounds ?? {},
  requestTimeoutMs: settings.requestTimeoutMs,
  settleMs: settings.settleMs,
  strict: settings.strict ?? false,
  knownDifferences: settings.knownDifferences ?? [],
  sources: settings.sources ?? {},
});
