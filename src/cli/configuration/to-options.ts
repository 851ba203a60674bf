import type { Bounds, CallbackOptions, ContractOptions } from '../../../contract-tests/model/options.ts';
import type { Level } from '../../../contract-tests/model/result.ts';
import type { Configuration } from './read.ts';

/** The part of a run's options that the configuration decides; the target comes from elsewhere. */
export type ConfiguredOptions = Omit<ContractOptions, 'url' | 'accessKey' | 'containers'>;

/** Options from settings; what was not given is left out, so that defaults hold. */
export const toOptions = ({ values }: Configuration): ConfiguredOptions => {
  const get = <Value>(name: string): Value | undefined => values[name] as Value | undefined;
  const ms = (name: string): number | undefined => {
    const seconds = get<number>(name);
    return seconds === undefined ? undefined : seconds * 1_000;
  };
  const bounds: Bounds = given({
    maxClaims: get<number>('max-claims'),
    maxSpawns: get<number>('max-spawns'),
    maxSeconds: get<number>('max-seconds'),
  });
  const callback: CallbackOptions = given({
    mode: get<NonNullable<CallbackOptions['mode']>>('callback'),
    url: get<string>('callback-url'),
    host: get<string>('callback-host'),
    port: get<number>('callback-port'),
  });
  return given({
    nonFunctionContainer: get<string>('non-function'),
    level: get<Level>('level'),
    only: get<readonly string[]>('only'),
    skip: get<readonly string[]>('skip'),
    requestTimeoutMs: ms('timeout'),
    settleMs: ms('settle'),
    exploreSeconds: get<number>('explore'),
    seed: get<number>('seed'),
    endsByItself: get<boolean>('ends-by-itself'),
    strict: get<boolean>('strict'),
    ledgerFolder: get<string>('ledger-dir'),
    bounds,
    callback: Object.keys(callback).length === 0 ? undefined : callback,
  });
};

type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** The fields that have a value. */
const given = <Fields extends object>(fields: Fields): Given<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>;
