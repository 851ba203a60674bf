import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { describeFailure, EmulatorError, errorCodes } from '../../shared/errors.ts';
import { toDomainTable } from '../../stack/domains.ts';
import { type LoadOptions, loadStack } from '../../stack/load-stack.ts';
import type { FunctionSpec, Stack } from '../../stack/model.ts';
import { print, printError, printJson, printWarnings } from '../output.ts';
import { type Looks, ownFiles, type Sources, WatchedFiles } from './watched-files.ts';

export type WatchSettings = {
  /** Of the stack file. */
  readonly path: string;
  readonly load: LoadOptions;
  /** Whether images are built. */
  readonly builds: boolean;
  readonly json: boolean;
};

type Reloading = Pick<Emulator, 'reload'>;

/**
 * Watches the files of a stack from now on: a change during a start counts, too.
 *
 * @throws EmulatorError `badOption` where the stack is no file
 */
export const watchStack = async (stack: Stack, settings: WatchSettings) => {
  const { path, load, json } = settings;
  expectFile(path);
  const files = new WatchedFiles((warning) => printWarnings([warning]));
  let sources = toSources(stack, settings);
  let { warnings } = stack;
  /** As it was taken over last. */
  let last = stack;
  let looks: Looks = new Map();
  /** Functions that are to be built again: those of a reload that has failed stay. */
  const touched = new Set<string>();
  /** Looks at all files, and answers whether any is other than before. What is new has no image yet. */
  const look = async (): Promise<boolean> => {
    const before = looks;
    looks = await files.look(sources);
    const changed = [...looks].filter(([name, now]) => before.has(name) && before.get(name) !== now);
    for (const [name] of changed) if (name !== ownFiles) touched.add(name);
    return changed.length > 0;
  };
  const takeOver = async (emulator: Reloading, begun: number): Promise<void> => {
    expectFile(path);
    const read = await loadStack(path, load);
    const now = toSources(read, settings);
    if (!isDeepStrictEqual(now, sources)) {
      sources = now;
      await look();
    }
    if (!isDeepStrictEqual(read.warnings, warnings)) printWarnings(read.warnings);
    warnings = read.warnings;
    const rebuild = [...touched];
    const reloaded = await emulator.reload(read, { rebuild });
    for (const name of rebuild) touched.delete(name);
    const tookMs = performance.now() - begun;
    if (json) printJson({ event: 'reloaded', ...reloaded, durationMs: Math.round(tookMs) });
    else for (const line of describeReload(reloaded, { before: last, now: read }, tookMs)) print(line);
    last = read;
  };
  await look();
  return {
    /** Has the emulator take over each change since the watch began, until the signal aborts. */
    follow: async (emulator: Reloading, signal: AbortSignal): Promise<void> => {
      while (await files.changes(signal)) {
        const begun = performance.now();
        try {
          if (await look()) await takeOver(emulator, begun);
        } catch (error) {
          if (!signal.aborted) report(error, json);
        }
      }
    },
    [Symbol.dispose]: () => files[Symbol.dispose](),
  };
};

/** A pipe would hold up all further reloads, and the end of the process. One that is not there is for the reader to name. */
const expectFile = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true) return;
  const reason = 'it is not a file. Save it as one, or start without --watch';
  throw new EmulatorError(errorCodes.badOption, `Failed to watch the stack ${path}: ${reason}.`);
};

const report = (error: unknown, json: boolean): void => {
  const reason = describeFailure(error);
  if (json) printJson({ event: 'reload-failed', reason });
  else printError(`${reason}${reason.includes('\n') ? '\n' : ' '}The emulator goes on with what it had.`);
};

const toSources = ({ functions }: Stack, { path, load, builds }: WatchSettings): Sources => ({
  files: [path, ...(load.variablesFile === undefined ? [] : [load.variablesFile])].map((file) => resolve(file)),
  builds: new Map(
    functions.flatMap(({ identifier, image }) =>
      builds && image.type === 'dockerfile' ? [[identifier, image] as const] : [],
    ),
  ),
});

const renderDuration = (ms: number): string =>
  ms < 100 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`;

type Reloaded = Awaited<ReturnType<Emulator['reload']>>;
type Change = Reloaded['functions'][number];

type Stacks = { readonly before: Stack; readonly now: Stack };

/** What a reload has changed, a line for each function. */
export const describeReload = (
  { functions, faults, needsRestart }: Reloaded,
  { before, now }: Stacks,
  tookMs: number,
): readonly string[] => {
  const took = ` in ${renderDuration(tookMs)}`;
  const domains = changedDomains(before, now);
  const lines = [
    ...functions.map((change) => `${change.name}: ${describe(change, { before, now })}${took}`),
    ...(domains.length > 0 ? [`domains changed: ${domains.join(', ')}`] : []),
    ...(faults ? ['faults: set as the stack has them now'] : []),
    ...needsRestart.map((what) => `${what}: stays as it was; restart to take it over`),
  ];
  return lines.length === 0 ? [`the stack was read again, and no function is other than before${took}`] : lines;
};

const describe = (change: Change, stacks: Stacks): string => {
  const { kind, size, left, failure } = change;
  const failed = failure === null ? [] : [`containers cannot be made and are tried again (${failure})`];
  const inUse = left === 0 ? [] : [`${count(left)} in use as before until the end of the run`];
  if (kind === 'added') return ['added', count(size), ...failed].join(', ');
  if (kind === 'removed') return ['removed', ...inUse].join(', ');
  const isRenewed = change.differs.some((part) => part !== 'limits');
  return [...describeDifferences(change, stacks), ...(isRenewed ? inUse : []), ...failed].join(', ');
};

const describeDifferences = (
  { name, differs, made, size, sizeBefore }: Change,
  { before, now }: Stacks,
): readonly string[] => {
  const [old, spec] = [before, now].map(({ functions }) => functions.find(({ identifier }) => identifier === name));
  const words = {
    image: spec?.image.type === 'dockerfile' ? 'image rebuilt' : 'image changed',
    options: describeOptions(old, spec).join(', '),
    limits: 'limits changed',
  };
  return [
    ...differs.map((part) => words[part]),
    ...(size === sizeBefore ? [] : [`${sizeBefore} to ${count(size)}`]),
    ...(made > 0 && differs.some((part) => part !== 'limits') ? [`${count(made)} replaced`] : []),
  ];
};

/** Which of what containers are made with is other than before. */
const describeOptions = (old: FunctionSpec | undefined, spec: FunctionSpec | undefined): readonly string[] => {
  const parts = [old, spec].map((one) => {
    const { environment, files, image: _image, pool: _pool, ...rest } = one ?? {};
    return { 'variables changed': environment, 'file variables changed': files, 'options changed': rest };
  });
  const words = ['variables changed', 'file variables changed', 'options changed'] as const;
  const found = words.filter((word) => !isDeepStrictEqual(parts[0]?.[word], parts[1]?.[word]));
  return found.length === 0 ? ['options changed'] : found;
};

/** Domains at which requests take other ways than before, or none any more, or the first. */
const changedDomains = (before: Stack, now: Stack): readonly string[] => {
  const [old, changed] = [before, now].map((stack) => Map.groupBy(toDomainTable(stack), ({ domain }) => domain));
  const names = new Set([...(old?.keys() ?? []), ...(changed?.keys() ?? [])]);
  return [...names].filter((name) => !isDeepStrictEqual(old?.get(name), changed?.get(name)));
};

const count = (instances: number): string => (instances === 1 ? '1 instance' : `${instances} instances`);
