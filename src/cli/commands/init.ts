import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Document, isMap, isScalar } from 'yaml';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { describeUnreadable, readTextFile } from '../../shared/read-small-file.ts';
import { isRecord } from '../../shared/values.ts';
import { loadPlaces, parseStack } from '../../stack/load-stack.ts';
import { correctFile, Report, toProblemsError } from '../../stack/reading/report.ts';
import { parseText } from '../../stack/reading/yaml.ts';
import { toVariables } from '../../stack/variables/stack-variables.ts';
import { bracesVariable } from '../init/compose-values.ts';
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
  else if (isRecord(compose) && compose['containers'] !== undefined)
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to read the Compose file ${source}: it is a stack already, for it has containers. Give it to cycle-scheduler start, or name a Compose file.`,
    );
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

/** Stands above the grace of a function over HTTP. */
const graceComment =
  ' How long a process that ignores SIGTERM, as the first process of a container does without a handler, keeps its' +
  '\n instance after a request. Longer than max_queue_time (5s), and the next request may find none free: then handle' +
  '\n SIGTERM, or raise deploy.function.max_pool_size.';

const explainGrace = (document: Document, identifier: string): void => {
  const deploy = ['containers', identifier, 'config', 'deploy'];
  const shutdown = document.getIn([...deploy, 'shutdown'], true);
  if (document.getIn([...deploy, 'strategy']) !== 'function' || !isMap(shutdown)) return;
  const [key] = shutdown.items
    .map((pair) => pair.key)
    .filter((one) => isScalar(one) && one.value === 'graceful_timeout');
  if (isScalar(key)) key.commentBefore = graceComment;
};

const render = (source: string, containers: Converted['containers']): string => {
  const stack = {
    version: '1.0',
    containers,
    services: {
      scheduler: { config: { public: false, access_keys: [{ name: 'local', secret: 'local-secret', ips: [] }] } },
    },
  };
  // What YAML 1.1 takes for something else than text is in quotes, for other readers of the file.
  const document = new Document(stack, { compat: 'yaml-1.1' });
  for (const identifier of Object.keys(containers)) explainGrace(document, identifier);
  const text = document.toString({ lineWidth: 0 });
  return `${schemaComment}\n# Made of ${basename(source)} by cycle-scheduler init.\n${text}`;
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
  const variables = [...converted.interpolation.open.keys()].map((name): [string, string] => [name, standIn]);
  if (converted.interpolation.hasBraces) variables.push([bracesVariable, '{{']);
  if (output === '-') {
    tell(converted, printError);
    const values = toVariables({ variables: Object.fromEntries(variables) });
    parseStack(text, { source: 'the stack', ...loadPlaces(undefined, folder), variables: values });
    process.stdout.write(text);
    return;
  }
  const path = resolve(output ?? join(folder, 'stack.yaml'));
  await write(path, text, force);
  print(`Wrote ${path} for ${source}.`);
  tell(converted, print);
  if (dirname(path) !== folder) print(`Its paths start at ${folder}: give it to other commands as --root.`);
  await check(path, {
    json: false,
    strict: false,
    root: folder,
    var: variables.map(([name, value]) => `${name}=${value}`),
  });
  const root = dirname(path) === folder ? '' : ` --root ${toWord(near(folder))}`;
  const values = variables.map(
    ([name, value]) => ` --var ${value === standIn ? `${name}=…` : toWord(`${name}=${value}`)}`,
  );
  print(`Next: npx cycle-scheduler start ${toWord(near(path))}${root}${values.join('')}`);
};

const near = (path: string): string => {
  const fromHere = relative('', path);
  return fromHere.startsWith('..') ? path : fromHere || '.';
};

/** A word of a shell. */
const toWord = (text: string): string => (/^[\w./=:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

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

const tell = (
  { notes, interpolation: { open, defaults, hasBraces } }: Converted,
  say: (line: string) => void,
): void => {
  if (notes.length > 0) say(['Left out:', ...notes.map((note) => `  ${note}`)].join('\n'));
  if (defaults.size > 0) say(`Written with their defaults: ${[...defaults].join(', ')}.`);
  if (hasBraces)
    say(`Text such as {{x}}, which a stack takes for a variable, begins with {{${bracesVariable}}}: its value is {{.`);
  if (open.size === 0) return;
  const names = [...open].map(([variable, name]) => `{{${variable}}} for ${name}`);
  say(`Need a value, by --var, --var-file or CYCLE_STACK_VAR_<NAME>: ${names.join(', ')}.`);
};
