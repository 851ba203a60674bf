import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { quote } from '../../shared/render-value.ts';
import { didYouMean } from '../../shared/suggest.ts';
import type { Schemas } from './control-shapes.ts';

/** An instance and the function that it is of. */
export type Target = { readonly of: Schemas['Function']; readonly instance: Schemas['Instance'] };

/** How many candidates an error names. */
const mostNamed = 8;

/** What a text may mean, the words that say it, and how an error names it. */
type Candidate<Item> = { readonly item: Item; readonly words: readonly string[]; readonly label: string };

const toCandidate = (spec: Schemas['Function']): Candidate<Schemas['Function']> => ({
  ...{ item: spec, words: [spec.name, spec.container_id], label: spec.name },
});

/** The function that the text means: by its name, its container ID, or a beginning that no other has. */
export const findFunction = ({ functions }: Schemas['State'], wanted: string): Schemas['Function'] => {
  const found = find('function', wanted, functions.map(toCandidate));
  if (found !== undefined) return found;
  const names = functions.map(({ name }) => name);
  const known = names.length === 0 ? 'none' : `only ${names.join(', ')}`;
  const hint = didYouMean(wanted, names) || '.';
  throw notFound('function', wanted, `the emulator has ${known}${hint} Name one that it has.`);
};

/**
 * The instance that the text means: by its ID, a beginning that no other has, or its function, of which it is the one with the
 * latest run; with `toCome`, also one that is claimed since and whose run is awaited.
 */
export const findInstance = ({ functions }: Schemas['State'], wanted: string, toCome = false): Target => {
  const found = find<Schemas['Function'] | Target>('instance', wanted, [
    ...functions.map(toCandidate),
    ...functions.flatMap((of) =>
      of.instances.map((instance) => ({
        ...{ item: { of, instance }, words: [instance.id], label: `${instance.id} (${of.name})` },
      })),
    ),
  ]);
  if (found !== undefined) return 'instance' in found ? found : latestOf(found, toCome);
  const advice = "`cycle-scheduler ps` lists all; a function's name is its latest run.";
  throw notFound('instance', wanted, `no function has it. ${advice}`);
};

/** The one that the text says, or the only one that begins with it; undefined without any, and an error where several do. */
const find = <Item>(kind: string, wanted: string, candidates: readonly Candidate<Item>[]): Item | undefined => {
  const exact = candidates.find(({ words }) => words.includes(wanted));
  const begun = candidates.filter(({ words }) => wanted !== '' && words.some((word) => word.startsWith(wanted)));
  if (exact !== undefined || begun.length < 2) return (exact ?? begun[0])?.item;
  const named = begun.slice(0, mostNamed).map(({ label }) => label);
  const more = begun.length <= mostNamed ? '' : ` and ${begun.length - mostNamed} more`;
  throw notFound(kind, wanted, `it is the beginning of ${named.join(', ')}${more}. Write more of it.`);
};

const latestOf = (of: Schemas['Function'], toCome: boolean): Target => {
  const at = ({ state, since, latest_start: started }: Schemas['Instance']): number =>
    toCome && ['claimed', 'starting'].includes(state) ? Date.parse(since) : Date.parse(started ?? '') || 0;
  const latest = of.instances.reduce<Schemas['Instance'] | undefined>(
    (best, instance) => (at(instance) > (best === undefined ? 0 : at(best)) ? instance : best),
    undefined,
  );
  if (latest !== undefined) return { of, instance: latest };
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to find a run of ${of.name}: it has not run yet. \`cycle-scheduler invoke ${of.name}\` runs it.`,
  );
};

const notFound = (kind: string, wanted: string, reason: string): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to find the ${kind} ${quote(wanted)}: ${reason}`);
