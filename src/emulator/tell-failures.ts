import type { Ledger } from '../engine/ledger.ts';
import { toMessage } from '../shared/errors.ts';
import type { EmulatorLogger } from './options.ts';

/** The same store; the first of its failures in a row is logged, and that it can be written again. */
export const tellFailures = (ledger: Ledger, logger: EmulatorLogger): Ledger => {
  let isFailing = false;
  return {
    records: ledger.records,
    write: (changes, now) => {
      try {
        ledger.write(changes, now);
      } catch (error) {
        if (!isFailing) logger.error({}, `${toMessage(error)}; claims and spawns are refused until it can`);
        isFailing = true;
        throw error;
      }
      if (isFailing) logger.info({}, 'the state file can be written again');
      isFailing = false;
    },
  };
};
