import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/suggest.ts';
import type { RemoteFunction, RemoteInstance, RemoteState } from './control-shapes.ts';

/** An instance and the function that it is of. */
export type Target = { readonly of: RemoteFunction; readonly instance: RemoteInstance };

/** How many candidates an error names. */
const mostNamed = 8;

/** The function that the text means: by its name, its container ID, or a beginning that no other has. */
export const findFunction = ({ functions }: RemoteState, wanted: string): RemoteFunction => {
  const found = functions.find((spec) => isNamed(spec, wanted)) ?? only(wanted, 'function', functions, begins(wanted));
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
export const findInstance = (state: RemoteState, wanted: string, toCome = false): Target => {
  const all = state.functions.flatMap((of) => of.instances.map((instance) => ({ of, instance })));
  const exact =
    state.functions.find((spec) => isNamed(spec, wanted)) ?? all.find(({ instance: { id } }) => id === wanted);
  const found =
    exact ??
    only<RemoteFunction | Target>(wanted, 'instance', [...state.functions, ...all], (one) =>
      'instance' in one ? one.instance.id.startsWith(wanted) : begins(wanted)(one),
    );
  if (found === undefined) {
    throw notFound(
      'instance',
      wanted,
      "no function has it. `cycle-scheduler ps` lists all; a function's name is its latest run.",
    );
  }
  return 'instance' in found ? found : latestOf(found, toCome);
};

const isNamed = ({ name, container_id: id }: RemoteFunction, wanted: string): boolean =>
  name === wanted || id === wanted;

const begins =
  (wanted: string) =>
  ({ name, container_id: id }: RemoteFunction): boolean =>
    name.startsWith(wanted) || id.startsWith(wanted);

/** The one that fits; undefined where none does, and an error where several do. */
const only = <Item extends RemoteFunction | Target>(
  wanted: string,
  kind: string,
  items: readonly Item[],
  fits: (item: Item) => boolean,
): Item | undefined => {
  const [first, ...others] = wanted === '' ? [] : items.filter(fits);
  if (first === undefined || others.length === 0) return first;
  const named = [first, ...others.slice(0, mostNamed - 1)].map(describe);
  const more = others.length < mostNamed ? '' : ` and ${others.length - mostNamed + 1} more`;
  throw notFound(kind, wanted, `it is the beginning of ${named.join(', ')}${more}. Write more of it.`);
};

const describe = (one: RemoteFunction | Target): string =>
  'instance' in one ? `${one.instance.id} (${one.of.name})` : one.name;

const latestOf = (of: RemoteFunction, toCome: boolean): Target => {
  const at = ({ state, since, latest_start: started }: RemoteInstance): number =>
    toCome && ['claimed', 'starting'].includes(state) ? Date.parse(since) : Date.parse(started ?? '') || 0;
  const latest = of.instances.reduce<RemoteInstance | undefined>(
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
  new EmulatorError(errorCodes.badOption, `Failed to find the ${kind} ${JSON.stringify(wanted)}: ${reason}`);
