import { EmulatorError, toMessage } from '../../shared/errors.ts';

/** What one check has come to: one line for a person. */
export type Finding = {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** `warn`: it will run, though not as one would wish. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** A command or another remedy; null where nothing has to be fixed. */
  readonly remedy: string | null;
};

export const ok = (check: string, found: string): Finding => ({ check, verdict: 'ok', found, remedy: null });

export const warn = (check: string, found: string, remedy: string): Finding => ({
  check,
  verdict: 'warn',
  found,
  remedy,
});

export const fail = (check: string, found: string, remedy: string): Finding => ({
  check,
  verdict: 'fail',
  found,
  remedy,
});

/** Our own errors end with what to do; a command that does it stands in place of that. */
export const toFailure = (check: string, error: unknown, command?: string | null): Finding => {
  const message = toMessage(error);
  const end = message.lastIndexOf('. ');
  if (!(error instanceof EmulatorError) || end < 0) return fail(check, message, command ?? 'Report this');
  return fail(check, message.slice(0, end), command ?? message.slice(end + 2).replace(/\.$/, ''));
};
