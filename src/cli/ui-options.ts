import { InvalidArgumentError } from 'commander';
import { hostNameRule, isHostName } from '../ui/page-hosts.ts';
import { flag } from './flag.ts';

const uiOption = flag('--no-ui', 'serve no page at /_emulator/ui', 'NO_UI');

/** In the environment, several names stand with commas between them. */
const collectHosts = (text: string, before: readonly string[] = []): readonly string[] => {
  const names = text.split(',').map((name) => name.trim());
  if (names.every(isHostName)) return [...before, ...names];
  throw new InvalidArgumentError(`Give ${hostNameRule}.`);
};

const uiHostOption = flag(
  '--ui-host <name>',
  'a name under which the page is served beside addresses and localhost; may be given again',
  'UI_HOST',
).argParser(collectHosts);

export const openOption = flag('--open', 'open the page in a browser', 'OPEN').default(false);

export const uiOptions = [uiOption, uiHostOption];
