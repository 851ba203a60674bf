import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { describeUnreadable, readTextFile } from '../../shared/read-small-file.ts';
import { isRecord } from '../../shared/values.ts';
import { loadPlaces, parseStack } from '../../stack/load-stack.ts';
import { correctFile, Report, toProblemsError } from '../../stack/reading/report.ts';
import { parseText } from '../../stack/reading/yaml.ts';
import { toVariables } from '../../stack/variables/stack-variables.ts';
import { type Converted, fromCompose, fromDockerfile } from '../init/from-compose.ts';
import { print, printError } from '../output.ts';
import { check } from './check.ts';

export type InitFlags = { readonly output?: string; readonly force: boolean };

/** In the order in which Compose looks for them, and then the Dockerfile, from which less is known. */
const composeNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const sources = [...composeNames, 'Dockerfile'];

const loadCompose = async (path: string): Promise<Converted> => {
  const { text, source } = await readTextFile(path, 'the Compose file');
  const report = new Report();
  const parsed = parseText(text, report, { expected: 'a Compose file with services' });
  const compose = parsed?.value;
  if (holdsItself(compose)) report.problem([], 'an alias inside of what it stands for');
  else if (isRecord(compose) && isRecord(compose['services']))
    return fromCompose({ ...compose, services: compose['services'] });
  else if (parsed !== null) report.problem([], 'this is no Compose file, expected services');
  throw toProblemsError(
    errorCodes.badOption,
    { attempt: `read the Compose file ${source}`, remedy: correctFile },
    report.problemLines(source),
  );
};

const holdsItself = (value: unknown, around: readonly unknown[] = []): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (around.includes(value) || Object.values(value).some((inner) => holdsItself(inner, [...around, value])));

/** The file that a stack is made of: the one that is named, or the first that the folder has. */
const findSource = async (given: string): Promise<string> => {
  const path = resolve(given);
  const fail = (reason: string): never => {
    throw new EmulatorError(errorCodes.badOption, `Failed to make a stack of ${path}: ${reason}.`);
  };
  const found = await stat(path).catch((error: unknown) => fail(describeUnreadable(error)));
  if (!found.isDirectory()) return path;
  const names = await readdir(path);
  const name = sources.find((source) => names.includes(source));
  return name === undefined
    ? fail(`there is none of ${sources.join(', ')} in it. Name a Compose file or a Dockerfile`)
    : join(path, name);
};

/** By its place in the package that the folder has installed, which is the same for all who check the stack out. */
const schemaComment = '# yaml-language-server: $schema=node_modules/cycle-scheduler/stack.schema.json';

const render = (source: string, containers: Converted['containers']): string => {
  const stack = {
    version: '1.0',
    containers,
    services: {
      scheduler: { config: { public: false, access_keys: [{ name: 'local', secret: 'local-secret', ips: [] }] } },
    },
  };
  return `${schemaComment}\n# Made of ${basename(source)} by cycle-scheduler init.\n${stringify(stack, { lineWidth: 0 })}`;
};

/** What a variable without a value stands for while the stack is checked. */
const standIn = '1';

/** `init [source]`: writes a stack for a Compose file or a Dockerfile, says what it leaves out, and checks it. */
export const init = async (given: string, { output, force }: InitFlags): Promise<void> => {
  const source = await findSource(given);
  const folder = dirname(source);
  const isDockerfile = /dockerfile|containerfile/i.test(basename(source));
  const converted = isDockerfile
    ? fromDockerfile(basename(folder), basename(source), (await readTextFile(source, 'the Dockerfile')).text)
    : await loadCompose(source);
  const text = render(source, converted.containers);
  const variables = [...converted.interpolation.open];
  if (output === '-') {
    tell(converted, printError);
    const values = toVariables({ variables: Object.fromEntries(variables.map(([name]) => [name, standIn])) });
    parseStack(text, { source: 'the stack', ...loadPlaces(undefined, folder), variables: values });
    process.stdout.write(text);
    return;
  }
  const path = resolve(output ?? join(folder, 'stack.yaml'));
  await write(path, text, force);
  print(`Wrote ${path} for ${source}.`);
  tell(converted, print);
  if (dirname(path) !== folder) print(`Its paths start at ${folder}: give it to other commands as --root.`);
  await check(path, { json: false, strict: false, root: folder, var: variables.map(([name]) => `${name}=${standIn}`) });
  const near = relative('', path);
  const values = variables.map(([name]) => ` --var ${name}=…`).join('');
  print(`Next: npx cycle-scheduler start ${near.startsWith('..') ? path : near}${values}`);
};

const write = async (path: string, text: string, force: boolean): Promise<void> => {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = exists
      ? 'it exists. Give --force to replace it, or --output for another'
      : describeUnreadable(error);
    throw new EmulatorError(errorCodes.badOption, `Failed to write ${path}: ${reason}.`, { cause: error });
  }
};

const tell = ({ notes, interpolation: { open, defaults } }: Converted, say: (line: string) => void): void => {
  if (notes.length > 0) say(['Left out:', ...notes.map((note) => `  ${note}`)].join('\n'));
  if (defaults.size > 0) say(`Written with their defaults: ${[...defaults].join(', ')}.`);
  if (open.size === 0) return;
  const names = [...open].map(([variable, name]) => `{{${variable}}} for ${name}`);
  say(`Need a value, by --var, --var-file or CYCLE_STACK_VAR_<NAME>: ${names.join(', ')}.`);
};
