import { parseArgs } from 'node:util';
import { type EngineKind, engineKinds } from './engines.ts';
import { type Suite, suites, usualSuites, vitestSuite } from './suites.ts';

export type Request = {
  readonly runs: readonly EngineRun[];
  /** Gets engines again that are unpacked already. */
  readonly fresh: boolean;
  /** How many engines run at a time. */
  readonly atOnce: number;
  /** File that gets the results in the shape of vitest's JSON report; null is none. */
  readonly report: string | null;
};

export type EngineRun = { readonly kind: EngineKind; readonly suites: readonly Suite[] };

const engineNames = engineKinds.map(({ name }) => name).join(', ');
const suiteNames = suites.map(({ name }) => name).join(', ');

export const usage = `Usage: npm run test:engines -- [engine[:suite,...] ...] [options] [-- vitest's arguments]
Runs the suites on container engines of their own. Takes root on Debian.
  engines: ${engineNames} (default: all)
  suites:  ${suiteNames} (default: docker, contract)
  --at-once N    runs so many engines at a time, the first that are named first, and prints each suite when it is over
  --fresh        gets the engines again; else those of an earlier run serve
  --report FILE  gets the results in the shape of vitest's JSON report
For instance: npm run test:engines -- docker-26 podman-5:contract
              npm run test:engines -- docker-29 -- src/runtime/docker/networks/network.test.ts`;

/**
 * Reads the command line; null where it asks for help.
 *
 * @throws Error that names what is unknown, and what there is
 */
export const parseRequest = (args: readonly string[]): Request | null => {
  const end = args.indexOf('--');
  const [own, vitest] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
  const { values, positionals } = parseArgs({
    args: [...own],
    allowPositionals: true,
    options: {
      'at-once': { type: 'string', default: '1' },
      fresh: { type: 'boolean', default: false },
      report: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return null;
  const names = positionals.length === 0 ? engineKinds.map(({ name }) => name) : positionals;
  const chosen = vitest.length > 0 ? [vitestSuite('vitest', vitest)] : usualSuites;
  return {
    runs: names.map((name) => parseRun(name, chosen)),
    atOnce: parseAtOnce(values['at-once']),
    fresh: values.fresh,
    report: values.report ?? null,
  };
};

const parseAtOnce = (text: string): number => {
  if (/^[1-9]$/.test(text)) return Number(text);
  throw new Error(`Failed to run "${text}" engines at a time: --at-once takes a number from 1 to 9.`);
};

const parseRun = (text: string, chosen: readonly Suite[]): EngineRun => {
  const [name = '', wanted] = text.split(':');
  const kind = engineKinds.find((known) => known.name === name);
  if (kind === undefined)
    throw new Error(`Failed to test engine "${name}": there is none. Name one of ${engineNames}.`);
  return { kind, suites: wanted === undefined ? chosen : wanted.split(',').map(findSuite) };
};

const findSuite = (name: string): Suite => {
  const suite = suites.find((known) => known.name === name);
  if (suite === undefined) throw new Error(`Failed to run suite "${name}": there is none. Name one of ${suiteNames}.`);
  return suite;
};
