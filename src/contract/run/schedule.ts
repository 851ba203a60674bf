import type { ContractCase } from '../case.ts';

/**
 * A case, and how many instances it may hold while others wait beside it; all there are where it runs by itself. One that
 * waits `elsewhere` has the second function for its own.
 */
export type Turn = { readonly one: ContractCase; readonly share: number; readonly elsewhere?: true };

/**
 * The cases in groups that run at the same time: one by one, but for those that only wait, where waiting takes real time.
 * These come together where the last of them stands, as many at once as there are instances for; `instances` is asked
 * when they do, and `elsewhere` for those of a second function. A case that leaves claims to run out comes first, so that
 * the rest of the run is their wait.
 */
export function* schedule(
  cases: readonly ContractCase[],
  isMovable: boolean,
  instances: () => number,
  elsewhere: () => number = () => 0,
): Generator<readonly Turn[]> {
  const waiting = isMovable ? [] : cases.filter(({ waits }) => waits !== undefined);
  const leaving = isMovable ? [] : cases.filter(({ leavesClaims }) => leavesClaims === true);
  for (const one of leaving) yield alone(one);
  for (const one of cases) {
    if (one === waiting.at(-1)) yield* pack(waiting, instances(), elsewhere());
    else if (!waiting.includes(one) && !leaving.includes(one)) yield alone(one);
  }
}

const alone = (one: ContractCase): readonly Turn[] => [{ one, share: Number.POSITIVE_INFINITY }];

/** Into the first group that has room, long ones first; after all others who takes what they leave, and who needs the function alone. */
function* pack(waiting: readonly ContractCase[], instances: number, second: number): Generator<readonly Turn[]> {
  const isElsewhere = (one: ContractCase): boolean => one.waits?.elsewhere === true && held(one) <= second;
  const there = toGroups(waiting.filter(isElsewhere), second).map((group) =>
    group.map((one): Turn => ({ one, share: held(one), elsewhere: true })),
  );
  for (const group of toGroups(
    waiting.filter((one) => !isElsewhere(one)),
    instances,
  )) {
    const beside = there.shift() ?? [];
    yield [...(group.length + beside.length === 1 ? group.flatMap(alone) : share(group, instances)), ...beside];
  }
  yield* there;
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
const rank = (one: ContractCase): number => {
  if (!Number.isFinite(held(one))) return 3;
  if (takesRest(one)) return 2;
  return one.waits?.isLong ? 0 : 1;
};

const fits = (group: readonly ContractCase[], instances: number): boolean => {
  const sum = (of: (one: ContractCase) => number): number => group.reduce((all, one) => all + of(one), 0);
  const later = sum(({ waits }) => waits?.later ?? 0);
  // What one takes later must not go to another that takes all that is free.
  if (later > 0 && group.some(takesRest)) return false;
  return sum(held) + Math.max(0, later - sum(({ waits }) => waits?.frees ?? 0)) <= instances;
};

const share = (group: readonly ContractCase[], instances: number): readonly Turn[] => {
  const rest = instances - group.reduce((all, one) => all + held(one), 0);
  const taker = group.find(takesRest);
  return group.map((one) => ({ one, share: held(one) + (one === taker ? rest : 0) }));
};
