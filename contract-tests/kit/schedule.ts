import type { ContractCase } from './case.ts';

/**
 * A case, and how many instances it may hold while others wait beside it; all there are where it runs by itself. One that
 * waits `elsewhere` has the second function for its own.
 */
export type Turn = { readonly one: ContractCase; readonly share: number; readonly elsewhere?: true };

/** Cases that run one after the other, while other chains run beside them. */
export type Chain = readonly Turn[];

/**
 * The cases in groups of chains that run at the same time: one by one, but for those that wait, where waiting takes real
 * time. These come together where the last of them stands, as many at once as there are instances for; `instances` is
 * asked when they do, and `elsewhere` for those of a second function. What takes no instance is asked beside what does,
 * from the case on that waits in line. A case that leaves claims to run out comes first, so that the rest of the run is their wait.
 */
export function* schedule(
  cases: readonly ContractCase[],
  isMovable: boolean,
  instances: () => number,
  elsewhere: () => number = () => 0,
): Generator<readonly Chain[]> {
  if (isMovable) return yield* cases.map((one) => [alone(one)]);
  const waiting = cases.filter(({ waits }) => waits !== undefined);
  const leaving = cases.filter(({ leavesClaims }) => leavesClaims === true);
  const counting = cases.findIndex(({ waitsInLine }) => waitsInLine === true);
  const before = cases
    .slice(0, Math.max(0, counting))
    .filter((one) => !waiting.includes(one) && !leaving.includes(one));
  const first = [
    [...cases.slice(counting, counting + 1), ...before.filter(({ level }) => level !== 'probe')],
    before.filter(({ level }) => level === 'probe'),
  ];
  const placed = new Set([...waiting, ...leaving, ...first.flat()]);
  for (const one of leaving) yield [alone(one)];
  if (counting >= 0) yield first.map((chain) => chain.flatMap(alone));
  for (const one of cases) {
    if (one === waiting.at(-1)) yield* pack(waiting, instances(), elsewhere());
    else if (!placed.has(one)) yield [alone(one)];
  }
}

const alone = (one: ContractCase): Chain => [{ one, share: Number.POSITIVE_INFINITY }];

/** Into the first group that has room; after all others who needs the function alone. */
function* pack(waiting: readonly ContractCase[], instances: number, second: number): Generator<readonly Chain[]> {
  const isElsewhere = (one: ContractCase): boolean => one.waits?.elsewhere === true && held(one) <= second;
  const here = toGroups(
    waiting.filter((one) => !isElsewhere(one)),
    instances,
  );
  const there = toGroups(waiting.filter(isElsewhere), second);
  for (let index = 0; index < Math.max(here.length, there.length); index += 1) {
    const [group = [], beside = []] = [here[index], there[index]];
    const turns = [
      ...(group.length + beside.length === 1 ? group.flatMap(alone) : share(group, instances)),
      ...share(beside, second).map((turn): Turn => ({ ...turn, elsewhere: true })),
    ];
    yield turns.map((turn) => [turn]);
  }
}

const toGroups = (waiting: readonly ContractCase[], instances: number): readonly (readonly ContractCase[])[] => {
  const groups: ContractCase[][] = [];
  for (const one of [...waiting].sort((a, b) => rank(a) - rank(b))) {
    const group = groups.find((members) => fits([...members, one], instances));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups;
};

const held = ({ waits }: ContractCase): number => waits?.instances ?? 0;
const takesRest = ({ waits }: ContractCase): boolean => waits?.takesRest ?? false;
const frees = ({ waits }: ContractCase): boolean => waits?.frees ?? false;
const rank = (one: ContractCase): number => {
  if (!Number.isFinite(held(one))) return 3;
  if (takesRest(one)) return 0;
  return frees(one) ? 1 : 2;
};

const total = (group: readonly ContractCase[]): number => group.reduce((all, one) => all + held(one), 0);

/** What one gives back and claims again must not go to another that takes all that is free. */
const fits = (group: readonly ContractCase[], instances: number): boolean =>
  total(group) <= instances && !(group.some(takesRest) && group.some(frees));

const share = (group: readonly ContractCase[], instances: number): readonly Turn[] => {
  const rest = instances - total(group);
  const taker = group.find(takesRest) ?? group.find(frees);
  return group.map((one) => ({ one, share: held(one) + (one === taker ? rest : 0) }));
};
