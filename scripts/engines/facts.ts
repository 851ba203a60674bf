import http from 'node:http';
import { json } from 'node:stream/consumers';

/** What an engine says of itself. */
export type EngineFacts = {
  readonly product: string;
  readonly version: string;
  readonly api: string;
  readonly oldestApi: string;
  readonly builder: string;
  readonly cgroup: string;
  readonly storage: string;
};

type Answer<Body> = { readonly headers: http.IncomingHttpHeaders; readonly body: Body };

type Version = {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly Components?: readonly { readonly Name: string }[];
};

type Info = { readonly Driver: string; readonly CgroupVersion: string };

/** Asks the engine behind a socket; rejects where none answers. */
export const loadFacts = async (socket: string): Promise<EngineFacts> => {
  const { headers } = await get<null>(socket, '/_ping');
  const { body: version } = await get<Version>(socket, '/version');
  const { body: info } = await get<Info>(socket, '/info');
  return {
    product: /podman/i.test(version.Components?.[0]?.Name ?? '') ? 'Podman' : 'Docker',
    version: version.Version,
    api: version.ApiVersion,
    oldestApi: version.MinAPIVersion,
    builder: headers['builder-version'] === '2' ? 'BuildKit' : 'classic',
    cgroup: `v${info.CgroupVersion}`,
    storage: info.Driver,
  };
};

const get = async <Body>(socketPath: string, path: string): Promise<Answer<Body>> => {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get({ socketPath, path, headers: { host: 'engine' }, timeout: 10_000 }, resolve).once('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`${path} answers ${response.statusCode}`);
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  const body = isJson ? await json(response) : response.resume();
  return { headers: response.headers, body: body as Body };
};
