// Runs the exploring model alone, all named cases left out, against every mutant, and prints which it finds:
// `node contract-tests/mutants/model-alone.ts [--seconds 10] [--seed 1] [names of mutants or their beginnings]`.
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { mutants } from './all.ts';
import { findCatchers, runTrial } from './trial.ts';

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const chosen = mutants.filter(
  ({ name }) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)),
);
const limit = pLimit(6);
const found = await Promise.all(
  chosen.map((mutant) =>
    limit(async () => {
      const trial = await runTrial(mutant, {
        only: ['EXPLORE-001'],
        exploreSeconds: Number(values.seconds),
        seed: Number(values.seed),
      });
      const isFound = findCatchers(mutant, trial).length > 0;
      const [explored] = trial.result.cases;
      const isNoticed = explored?.outcome !== 'pass';
      say(
        `${isFound ? 'found' : isNoticed ? 'weak ' : '-    '} ${mutant.name} (${mutant.expect}): ${explored?.outcome ?? trial.result.verdict} ${explored?.message ?? trial.result.message}`,
      );
      return isFound;
    }),
  ),
);
say(`The model alone finds ${found.filter(Boolean).length} of ${chosen.length} mutants.`);
