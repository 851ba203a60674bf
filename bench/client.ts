import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type EmulatorProcess, secret } from './emulator-process.ts';

/** Keeps connections open, as many as there are requests at once, and does nothing that would cost time. */
export type Client = Disposable & {
  /** Resolves to the answer's data; rejects where that is an error. */
  post(url: string, body: object): Promise<unknown>;
};

export const openClient = (): Client => {
  const agent = new Agent({ keepAlive: true });
  const headers = { 'Content-Type': 'application/json', 'X-CYCLE-ACCESS-KEY': secret };
  return {
    post: (url, body) =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST', agent, headers }, (response) => resolve(dataOf(url, response)));
        sent.once('error', reject).end(JSON.stringify(body));
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
};

/** An instance that was claimed: where it is spawned and released, and with what. */
export type Claimed = {
  readonly path: string;
  readonly body: { readonly token: string; readonly instance_id: string };
};

/** Claims an instance of the function of this name; waits in line for it. */
export const claim = async (client: Client, { url, functions }: EmulatorProcess, name: string): Promise<Claimed> => {
  const path = `${url}/v1/functions/${functions[name]}`;
  const token = `bench-${Math.random()}`;
  const { instance_id } = (await client.post(`${path}/claim`, { token })) as { instance_id: string };
  return { path, body: { token, instance_id } };
};

/** Starts it with these variables. */
export const spawn = async (
  client: Client,
  { path, body }: Claimed,
  variables: Readonly<Record<string, string>>,
): Promise<void> => {
  await client.post(`${path}/spawn`, { ...body, runtime_variables: { environment_variables: variables } });
};

const dataOf = async (url: string, response: IncomingMessage): Promise<unknown> => {
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}: ${body}`);
  return (JSON.parse(body) as { data: unknown }).data;
};
