import { join } from 'node:path';

/** A Docker engine's address and why it was this one, for printing. */
export type Endpoint = {
  /** `unix://`, `npipe://`, `tcp://`, `http://`, `https://` or `ssh://`. */
  readonly url: string;
  /** In words that follow "chosen by", for instance `DOCKER_HOST`. */
  readonly chosenBy: string;
  readonly tls: EndpointTls | null;
};

/** Where `ca.pem`, `cert.pem` and `key.pem` lie, and whether the engine's certificate must be one of that authority. */
export type EndpointTls = { readonly certDir: string; readonly verify: boolean };

/** What of the machine decides on the endpoint, so that a test can be another machine. */
export type ContainerContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
};

/** Where an engine's socket lies by default. */
export const usualSocket = '/var/run/docker.sock';

/** The docker CLI's folder. */
export const configDir = ({ env, home }: Pick<ContainerContext, 'env' | 'home'>): string =>
  env['DOCKER_CONFIG'] || join(home, '.docker');
