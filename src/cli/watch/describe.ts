import type { Emulator } from '../../emulator/start-emulator.ts';

type Reloaded = Awaited<ReturnType<Emulator['reload']>>;
type Change = Reloaded['functions'][number];

/** What a reload has changed, a line for each function. */
export const describeReload = (
  { functions, faults, needsRestart }: Reloaded,
  { functions: specs }: Emulator['stack'],
  tookMs: number,
): readonly string[] => {
  const took = ` in ${(tookMs / 1_000).toFixed(1)} s`;
  const isBuilt = (name: string) =>
    specs.some(({ identifier, image }) => identifier === name && image.type === 'dockerfile');
  const lines = [
    ...functions.map((change) => `${change.name}: ${describe(change, isBuilt(change.name))}${took}`),
    ...(faults ? ['faults: set as the stack has them now'] : []),
    ...needsRestart.map((what) => `${what}: stays as it was; restart to take it over`),
  ];
  return lines.length === 0 ? [`the stack was read again, and no function is other than before${took}`] : lines;
};

const describe = (change: Change, isBuilt: boolean): string => {
  const { kind, size, left, failure } = change;
  const failed = failure === null ? [] : [`containers cannot be made and are tried again (${failure})`];
  const inUse = left === 0 ? [] : [`${count(left)} in use as before until the end of the run`];
  if (kind === 'added') return ['added', count(size), ...failed].join(', ');
  if (kind === 'removed') return ['removed', ...inUse].join(', ');
  const isRenewed = change.differs.some((part) => part !== 'limits');
  return [...describeDifferences(change, isBuilt), ...(isRenewed ? inUse : []), ...failed].join(', ');
};

const describeDifferences = ({ differs, made, size, sizeBefore }: Change, isBuilt: boolean): readonly string[] => {
  const words = {
    image: isBuilt ? 'image rebuilt' : 'image changed',
    options: 'options changed',
    limits: 'limits changed',
  };
  return [
    ...differs.map((part) => words[part]),
    ...(size === sizeBefore ? [] : [`${sizeBefore} to ${count(size)}`]),
    ...(made > 0 && differs.some((part) => part !== 'limits') ? [`${count(made)} replaced`] : []),
  ];
};

const count = (instances: number): string => (instances === 1 ? '1 instance' : `${instances} instances`);
