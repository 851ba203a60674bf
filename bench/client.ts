import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { secret } from './emulator-process.ts';

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

const dataOf = async (url: string, response: IncomingMessage): Promise<unknown> => {
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}: ${body}`);
  return (JSON.parse(body) as { data: unknown }).data;
};
