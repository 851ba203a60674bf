import { once } from 'node:events';
import { hostname } from 'node:os';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { isContained } from '../../shared/values.ts';
import { chooseDomain } from '../../stack/domains.ts';
import { print, printError, printJson } from '../output.ts';
import { parentThatWaits, printPageLink } from '../start/detach.ts';
import { keysHelp, listenForKeys, openBrowser } from '../start/keys.ts';
import { type EmulatorFlags, readStack, startStack } from '../start/start-stack.ts';
import type { watchStack } from '../start/watch-stack.ts';
import { listenForStopSignal, StopRequested, stopWithParent } from '../stop-signal.ts';
import { renderDomains, renderFunctions } from './check.ts';

export type StartFlags = EmulatorFlags & {
  readonly open: boolean;
  readonly watch: boolean;
  readonly state?: string;
  readonly withParent: boolean;
  readonly detach: boolean;
};

/** `start [stack]`: serves until a signal comes, then leaves nothing behind. */
export const start = async (path: string | undefined, flags: StartFlags): Promise<void> => {
  const { open, withParent, watch, detach: _detach, ...emulatorFlags } = flags;
  const { json, state, runtime } = flags;
  const stopSignal = listenForStopSignal(() => {
    const advice =
      state === undefined
        ? 'The watchdog removes what is left; without one, run cycle-scheduler prune.'
        : `Start again with --state ${state} to go on.`;
    printError(`Stopped at once by a second signal. ${advice}`);
    process.exit(1);
  });
  if (withParent) stopWithParent({ stdin: true });
  const parent = parentThatWaits(json);
  try {
    const { stack, ...files } = await readStack(path, flags, stopSignal);
    const settings = { ...files, json, builds: runtime === 'docker' };
    using watching = watch ? await watchFiles(stack, settings) : null;
    const onStopRequest = () => void process.kill(process.pid, 'SIGTERM');
    const emulator = await startStack(stack, { ...emulatorFlags, onStopRequest }, stopSignal);
    announce(emulator, flags);
    parent.tell(emulator.session, { ...toReady(emulator), uiLink: emulator.uiLink(), source: stack.source });
    if (open) openPage(emulator);
    using _keys = isInteractive(json)
      ? listenForKeys(emulator, {
          openPage: () => (emulator.uiUrl === null ? print('page: none is served') : openPage(emulator)),
        })
      : null;
    void watching?.follow(emulator, stopSignal);
    if (!stopSignal.aborted) await once(stopSignal, 'abort');
    if (!json) print('stopping');
    await emulator.stop();
    stopSignal.throwIfAborted();
  } catch (error) {
    if (!(error instanceof StopRequested)) throw error;
  }
  if (json) printJson({ event: 'stopped' });
  else print('stopped');
};

/** A function of its own: TypeScript leaves the extension of an import as it is where `using` stands beside it. */
const watchFiles: typeof watchStack = async (...about) =>
  await (await import('../start/watch-stack.ts')).watchStack(...about);

/** Says that it is ready, and where everything is. */
const announce = (emulator: Emulator, { json, host, runtime }: StartFlags): void =>
  json ? printJson(toReady(emulator)) : printWelcome(emulator, shownUrl(emulator, host), runtime === 'docker');

const toReady = (emulator: Emulator): object => {
  const { url, gatewayUrl, controlUrl, uiUrl, functionsUrl, publishedHost, session, state, stack } = emulator;
  return {
    ...{ event: 'ready', url, gatewayUrl, domains: emulator.domains.map(toWireDomain) },
    ...{ controlUrl, uiUrl, functionsUrl, publishedHost, session },
    ...(state === null ? {} : { state }),
    functions: Object.fromEntries(stack.functions.map(({ identifier, containerId }) => [identifier, containerId])),
  };
};

const isInteractive = (json: boolean): boolean => !json && process.stdin.isTTY && process.stdout.isTTY;

const openPage = (emulator: Emulator): void => {
  const link = emulator.uiLink();
  if (link !== null) openBrowser(link);
};

const toWireDomain = ({ domain, matchPath, identifier, port }: Emulator['domains'][number]): object => ({
  domain,
  ...(matchPath === null ? {} : { match_path: matchPath }),
  container: identifier,
  port,
});

/** The names under which functions are reached over HTTP, and a line to try. */
const printDomains = (gatewayUrl: string, domains: Emulator['domains']): void => {
  print(renderDomains(domains));
  const { domain = '' } = chooseDomain(domains[0]?.identifier ?? '', '/', domains) ?? {};
  const { port } = new URL(gatewayUrl);
  // Clients resolve names under localhost by themselves (RFC 6761).
  const request = domain.endsWith('.localhost') ? `http://${domain}:${port}/` : `-H 'Host: ${domain}' ${gatewayUrl}/`;
  print(`Gateway     ${gatewayUrl}`);
  print(`Try         curl ${request}`);
};

/** In a container "any address" is no 127.0.0.1 from outside; its name is known to the containers beside it. */
const shownUrl = ({ url, port }: Emulator, host: string): string => {
  if (!isContained() || !['0.0.0.0', '::'].includes(host)) return url;
  return `http://${hostname()}${port === 80 ? '' : `:${port}`}`;
};

const printWelcome = (emulator: Emulator, url: string, isReal: boolean): void => {
  const { stack, state, gatewayUrl, controlUrl } = emulator;
  const [key] = stack.accessKeys;
  const [first] = stack.functions;
  print(`Stack       ${stack.source}`);
  print(`Runtime     ${emulator.runtime}`);
  if (state !== null) print(`State       ${state.path} (${describeKept(state)})`);
  if (first !== undefined) print(renderFunctions(stack));
  const forFunctions = emulator.functionsUrl ?? (isReal ? 'unknown (--functions-url sets it)' : null);
  print(`URL         ${url}${forFunctions === null ? '' : `, for functions ${forFunctions}`}`);
  if (isReal && stack.functions.some(isPublished))
    print(`Ports       of functions are published on ${emulator.publishedHost}`);
  if (gatewayUrl !== null) printDomains(gatewayUrl, emulator.domains);
  if (controlUrl !== null && controlUrl !== emulator.url) print(`Control     ${controlUrl}/_emulator/`);
  printPageLink(emulator.uiLink());
  if (key !== undefined)
    print(`Access key  ${key.name} (put its secret, which the stack file or a variable gives, into CYCLE_ACCESS_KEY)`);
  if (key !== undefined && first !== undefined) {
    print(
      `Try         curl -X POST ${url}/v1/functions/${first.containerId}/claim -H "X-CYCLE-ACCESS-KEY: $CYCLE_ACCESS_KEY" -H 'Content-Type: application/json' -d '{"token":"hello"}'`,
    );
  }
  if (isInteractive(false)) print(keysHelp);
  print(`ready ${url}`);
};

const isPublished = ({ network }: Emulator['stack']['functions'][number]): boolean =>
  network.public === 'enable' && network.ports.length > 0;

const describeKept = ({ claims, runs }: NonNullable<Emulator['state']>): string => {
  const held = claims === 1 ? '1 claim holds' : `${claims} claims hold`;
  const running = runs === 1 ? '1 function still runs' : `${runs} functions still run`;
  return `${held}, ${running}`;
};
