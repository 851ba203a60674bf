import { spawn } from 'node:child_process';
import { printError } from './output.ts';

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Opens the link in the user's browser. Where that fails, one line says so: the emulator serves all the same. */
export const openBrowser = (link: string): void => {
  const [command, ...first] = openers[process.platform] ?? ['xdg-open'];
  const fail = (reason: string): void =>
    printError(`Failed to open a browser: ${reason}. Open the link of the line "Page" in one.`);
  const child = spawn(command, [...first, link], { stdio: 'ignore', detached: true });
  child.once('error', ({ message }) => fail(message.replaceAll(link, '<link>')));
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) fail(`${command} has ended with ${code}`);
  });
  child.unref();
};
