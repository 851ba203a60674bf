import type { ImageProgress } from '../runtime/port.ts';
import { toPlain } from './to-plain.ts';

const barWidth = 24;

/** Shows how pulls and builds go on: a bar that is drawn over on a terminal, a line for each new step elsewhere. */
export const createImageReporter = (json: boolean): ((progress: ImageProgress) => void) => {
  if (json) return () => {};
  return process.stderr.isTTY ? createBar() : createLines();
};

const createBar = () => {
  return ({ image, step, fraction }: ImageProgress): void => {
    const done = Math.round((fraction ?? 0) * barWidth);
    const bar = fraction === null ? '' : ` [${'#'.repeat(done)}${'.'.repeat(barWidth - done)}]`;
    const line = toPlain(`${image}${bar} ${step}`).slice(0, (process.stderr.columns ?? 80) - 1);
    // The last word on an image stays; each one before is drawn over.
    process.stderr.write(`\r\x1b[2K${line}${fraction === 1 ? '\n' : ''}`);
  };
};

const createLines = () => {
  const lastSteps = new Map<string, string>();
  return ({ image, step }: ImageProgress): void => {
    if (lastSteps.get(image) === step) return;
    lastSteps.set(image, step);
    process.stderr.write(`${toPlain(`${image}: ${step}`)}\n`);
  };
};
