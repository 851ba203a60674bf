import { EmulatorError, errorCodes, toMessage } from '../shared/errors.ts';
import { readSmallFile } from '../shared/read-small-file.ts';
import { type Profile, parseProfile } from './profile.ts';

/** A profile from its file. Throws an EmulatorError that says what is wrong with it. */
export const loadProfile = async (path: string): Promise<Profile> => {
  let text: string;
  try {
    text = (await readSmallFile(path)).toString();
  } catch (error) {
    const reason = toMessage(error);
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to read the profile ${path}: ${reason}. Write one with cycle-scheduler contract record.`,
    );
  }
  return parseProfile(text, path);
};
