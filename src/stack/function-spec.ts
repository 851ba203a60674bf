import { composeFields } from './compose-fields.ts';
import { readDeploy } from './deploy.ts';
import type { FileContext } from './file-context.ts';
import { readImage } from './image-origin.ts';
import type { FunctionSpec } from './model.ts';
import { readNetwork } from './network.ts';
import { checkOtherImage } from './other-image.ts';
import type { Cursor } from './reading/cursor.ts';
import { type OtherFields, readObject, warnUnsupported } from './reading/read-object.ts';
import { readBoolean, readString } from './reading/readers.ts';
import { tolerant } from './reading/report.ts';
import { readResources } from './resources.ts';
import { readRuntime } from './runtime.ts';
import { type ScopedVariable, type Target, variablesFor } from './scoped-variables.ts';

export type FunctionContext = {
  readonly places: FileContext;
  readonly variables: readonly ScopedVariable[];
  readonly hot: (identifier: string) => number | null;
  readonly processes: (identifier: string) => number;
};

/** Reads a container whose strategy is `function`; null where it cannot be used, which is then reported. */
export const readFunction = (at: Cursor, target: Target, surroundings: FunctionContext): FunctionSpec | null =>
  readObject(at, containerFields, (field) => {
    const name = readString(field('name')) || target.identifier;
    const image = readImage(field('image'), surroundings.places);
    readBoolean(field('stateful'));
    warnUnsupported(field('stateful'), 'a function keeps nothing between runs, ignored');
    const config = readConfig(field('config'), target.identifier);
    if (image === null || config === null) return null;
    const environment = { ...variablesFor(target, surroundings.variables), ...config.environment };
    const { hot, processes } = surroundings;
    const own = { hot: hot(target.identifier), processes: processes(target.identifier) };
    return { ...target, name, image, ...config, environment, ...own };
  });

/** Checks a container that is no function. It is never run, so nothing that is wrong with it keeps the stack from being used. */
export const checkContainer = (container: Cursor, { identifier }: Target): void => {
  const at = { ...container, report: tolerant(container.report) };
  readObject(at, containerFields, (field) => {
    readString(field('name'));
    checkOtherImage(field('image'));
    readBoolean(field('stateful'));
    readConfig(field('config'), identifier);
  });
};

const containerFields: OtherFields = {
  harmless: { identifier: 'text', annotations: 'object', lock: 'boolean' },
  unsupported: { volumes: 'objects', role: 'text', pod: 'any', deprecate: 'boolean' },
  foreign: composeFields,
};

type Config = Omit<FunctionSpec, 'containerId' | 'identifier' | 'name' | 'image' | 'hot' | 'processes'>;

const readConfig = (at: Cursor, identifier: string): Config | null =>
  readObject(at, { unsupported: { scaling: 'object', integrations: 'object' } }, (field) => {
    const deploy = readDeploy(field('deploy'));
    const network = readNetwork(field('network'), identifier);
    const runtime = readRuntime(field('runtime'));
    const limits = readResources(field('resources'));
    if (deploy === null || network === null || runtime === null || limits === null) return null;
    const { sharedMemoryBytes, ...process } = runtime;
    return { ...deploy, network, ...process, resources: { ...limits, sharedMemoryBytes } };
  });
