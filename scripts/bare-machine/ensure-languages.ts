// Ensures that the examples in other languages can be run. What is missing is installed from Debian, if this machine lets it.
import { toMessage } from '../../src/shared/errors.ts';
import { aptInstall, isOnPath, whyNotOurs } from './apt.ts';

/** Debian's packages by the program that an example runs. */
const packages = { pytest: 'python3-pytest', go: 'golang-go' } as const;

/** @throws Error that says in one line what is missing and why it cannot be installed */
const ensureLanguages = (): void => {
  const missing = Object.entries(packages).filter(([program]) => !isOnPath(program));
  if (missing.length === 0) return;
  const programs = missing.map(([program]) => program).join(' and ');
  const whyNot = whyNotOurs();
  if (whyNot !== null) {
    throw new Error(
      `Failed to find ${programs}, which examples are tested with, on the PATH, and ${whyNot}. Install it.`,
    );
  }
  aptInstall(
    programs,
    missing.map(([, debian]) => debian),
  );
};

if (import.meta.main) {
  try {
    ensureLanguages();
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
