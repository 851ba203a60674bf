// Ensures that a Chromium answers, for the tests of the page. Where none does it installs Debian's, if this machine lets it.
import { execFileSync } from 'node:child_process';
import { toMessage } from '../../src/shared/errors.ts';
import { aptInstall, findOnPath, lastLine, whyNotOurs } from './apt.ts';

/** Names the Chromium to use, by its path or as a program on the PATH, instead of the usual ones. */
const variable = 'CYCLE_CHROMIUM';
const usualNames = ['chromium', 'chromium-browser', 'google-chrome'];
const answersWithinMs = 30_000;

/** Null where it answers. */
const whyNoAnswer = (path: string): string | null => {
  try {
    execFileSync(path, ['--version'], { stdio: 'pipe', timeout: answersWithinMs });
    return null;
  } catch (error) {
    const { stderr } = error as { stderr?: unknown };
    return lastLine(String(stderr ?? '')) || lastLine(toMessage(error));
  }
};

/**
 * The path of the Chromium that tests drive; null where there is none.
 *
 * @throws Error where the variable names one that does not answer
 */
export const findChromium = (): string | null => {
  const chosen = process.env[variable] ?? '';
  if (chosen === '') {
    const paths = usualNames.flatMap((name) => findOnPath(name) ?? []);
    return paths.find((path) => whyNoAnswer(path) === null) ?? null;
  }
  const path = findOnPath(chosen);
  const why = path === null ? 'it is not on the PATH' : whyNoAnswer(path);
  if (why === null) return path;
  throw new Error(
    `Failed to run "${chosen}", which ${variable} names: ${why}. Name a Chromium, or unset the variable.`,
  );
};

/** @throws Error that says in one line why no Chromium answers and cannot be made to */
const ensureChromium = (): void => {
  if (findChromium() !== null) return;
  const whyNot = whyNotOurs();
  if (whyNot !== null) {
    throw new Error(
      `Failed to find Chromium, which the tests of the page drive: of ${usualNames.join(', ')} none on the PATH answers, ` +
        `and ${whyNot}. Install one, or name one with ${variable}.`,
    );
  }
  aptInstall('Chromium', ['chromium']);
  if (findChromium() === null) throw new Error('Failed to install Chromium: it was installed, and does not answer.');
};

if (import.meta.main) {
  try {
    ensureChromium();
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
