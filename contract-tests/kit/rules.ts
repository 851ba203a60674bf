import { documented, inferred, type Rule } from '../inspect/findings.ts';

export { documented, inferred, type Rule };

/** Those that cases share with each other, and with the model by which random histories are judged. */
export const rules = {
  answered: documented('Every request is answered.', 'responses'),
  grants: documented('Claim reserves an available instance and answers it.', 'claim'),
  grantedOnce: documented('Claim grants a reserved instance to no other caller.', 'claim'),
  atWork: documented('Claim never grants an instance at work.', 'claim'),
  ownInstances: documented('Two functions have different instances.', 'functions'),
  addresses: inferred('Different instances have different addresses.'),
  available: documented('What has been released, or has run out, is available again.', 'functions'),
  givenBack: inferred(
    'A claim that was released before its spawn is over, and a caller who hung up in line gets nothing.',
  ),
  line: inferred('A claim waits in line until an instance becomes free.'),
  spawns: documented('Spawn starts an instance that its caller has claimed.', 'spawn'),
  spawnNeedsClaim: documented('Spawn needs the token and the instance of a claim that is not over.', 'spawn'),
  starts: documented('Spawn starts the function, and hands it the variables it was given.', 'spawn'),
  variables: documented('The function gets the environment variables of the spawn.', 'variables'),
  ownVariables: documented('Cycle’s own variables tell the truth.', 'environmentVariables'),
  releases: documented('Release ends a run for the caller who has claimed it.', 'release'),
  releaseNeedsClaim: documented('Release needs the token and the instance of a claim.', 'release'),
  malformed: documented('A request that breaks the description is refused.', 'requestBody'),
  key: documented('Every operation needs an access key.', 'accessKey'),
  listed: documented('Active lists the function’s instances that are starting or running.', 'active'),
  listsNoOther: documented('Active lists no instance that does not run.', 'active'),
  oneScheduler: inferred('A claim is known on every connection (several schedulers behind one name?).'),
  survives: inferred('No request makes a scheduler fail.'),
} as const satisfies Readonly<Record<string, Rule>>;

/** What a refused request must have left as it was. */
export const changesNothing = 'A refused request changes nothing: the claim can be spawned with its own token.';

/** What is expected of a function that runs until it is released; the setting is easily forgotten. */
export const unlessItEnds = (expected: string): string =>
  `${expected}, or the setting --ends-by-itself for functions that end by themselves`;
