import { writeFileSync } from 'node:fs';
import { parseStack } from '../../src/stack/load-stack.ts';
import type { Stack } from '../../src/stack/model.ts';

/** The secret of every sample stack's access key. */
export const accessKey = 'sample-secret';

/** A function of a sample stack: a shell script, and limits in the stack file's own words. */
export type SampleFunction = {
  readonly script?: string;
  readonly command?: { readonly path: string; readonly args?: string };
  readonly instances?: number;
  /** How many of them are kept hot. */
  readonly hot?: number;
  /** How many of them are kept warm. */
  readonly warm?: number;
  readonly limits?: Readonly<Record<string, string | number>>;
  readonly shutdown?: { readonly graceful_timeout?: string; readonly signals?: readonly string[] };
  /** Fields of `config.deploy`: `readiness_check`, `health_check`. */
  readonly checks?: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly network?: object;
  readonly resources?: object;
};

/** Runs until it is stopped, and then ends at once. */
const obedient = "trap 'exit 0' TERM; sleep 1000 & wait $!";

/** A stack of shell scripts on the base image; scripts may not contain double quotes, for they are one quoted argument. */
export const sampleStack = (functions: Readonly<Record<string, SampleFunction>>): Stack =>
  parseStack(rawSampleStack(functions), { source: 'sample', root: '/' });

/** The same in the words of a stack file, for another process to read. */
export const writeSampleStack = (path: string, functions: Readonly<Record<string, SampleFunction>>): void =>
  writeFileSync(path, JSON.stringify(rawSampleStack(functions)));

const rawSampleStack = (functions: Readonly<Record<string, SampleFunction>>): object => ({
  version: '1.0',
  containers: {
    ...Object.fromEntries(Object.entries(functions).map(([name, spec]) => [name, toContainer(name, spec)])),
    database: {
      name: 'Not a function',
      image: { origin: { type: 'docker-hub', details: { target: 'postgres:17' } } },
      stateful: true,
      config: { network: { public: 'disable', hostname: 'database' }, deploy: { instances: 1 } },
    },
  },
  services: {
    scheduler: { config: { public: false, access_keys: [{ name: 'sample', secret: accessKey, ips: [] }] } },
  },
  emulator: {
    containers: Object.fromEntries(
      Object.entries(functions).flatMap(([name, { hot, warm }]) =>
        hot === undefined && warm === undefined ? [] : [[name, { hot, warm }]],
      ),
    ),
  },
});

const toContainer = (name: string, spec: SampleFunction): object => ({
  name,
  image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
  stateful: false,
  config: {
    network: { public: 'disable', hostname: name, ...spec.network },
    ...(spec.resources === undefined ? {} : { resources: spec.resources }),
    deploy: {
      instances: spec.instances ?? 1,
      strategy: 'function',
      function: spec.limits ?? {},
      ...spec.checks,
      ...(spec.shutdown === undefined ? {} : { shutdown: spec.shutdown }),
    },
    runtime: {
      command: spec.command ?? { path: '/bin/sh', args: `-c "${spec.script ?? obedient}"` },
      environment_vars: spec.environment ?? {},
    },
  },
});
