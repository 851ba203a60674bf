import type { StateStore } from '../engine/service.ts';
import { toMessage } from '../shared/errors.ts';
import type { EmulatorLogger } from './public-types.ts';

/** The same store; the first of its failures in a row is logged, and that it can be written again. */
export const tellFailures = (store: StateStore, logger: EmulatorLogger): StateStore => {
  let isFailing = false;
  return {
    records: store.records,
    write: (changes, now) => {
      try {
        store.write(changes, now);
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
