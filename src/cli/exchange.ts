import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { isRecord } from '../shared/values.ts';

export type Question = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Sends a request and answers once the answer begins. By hand instead of `fetch`, which gives up on an answer that says
 * nothing for five minutes, as a quiet function's log may; undici has an option for that, and would take longer to load
 * than a command to run.
 */
export const send = async (
  url: string,
  accessKey: string | undefined,
  question: Question,
): Promise<IncomingMessage> => {
  const { method = 'GET', body, headers = {}, signal } = question;
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const ask = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
  const request = ask(url, {
    method,
    agent: false,
    headers: {
      ...(accessKey === undefined ? {} : { 'X-CYCLE-ACCESS-KEY': accessKey }),
      ...(bytes === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': bytes.length }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  });
  request.end(bytes);
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new EmulatorError(
      errorCodes.emulatorUnreachable,
      `Failed to reach an emulator at ${new URL(url).origin}: ${code ?? message}. Start one with cycle-scheduler start, or give its URL with --url.`,
      { cause: error },
    );
  }
};

/** The bytes of an answer. One that breaks off, as with an emulator that was killed, is an error that says so. */
export async function* readAnswer(response: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw new EmulatorError(
      errorCodes.emulatorUnreachable,
      'Failed to read the answer to its end: the connection to the emulator broke. Check that it still runs.',
      { cause: error },
    );
  }
}

/** The `data` of an answer; throws what its envelope says where it is none. */
export const readData = async (attempt: string, response: IncomingMessage): Promise<unknown> => {
  const content = await text(readAnswer(response));
  const envelope = parseEnvelope(content);
  if (response.statusCode === 200 && envelope !== null) return envelope['data'];
  throw toRefusal(attempt, response, envelope);
};

/** Throws what an answer says against the attempt; does nothing where it says nothing against it. */
export const expectAccepted = async (attempt: string, response: IncomingMessage): Promise<void> => {
  if (response.statusCode === 200) return;
  throw toRefusal(attempt, response, parseEnvelope(await text(readAnswer(response))));
};

type Envelope = Readonly<Record<string, unknown>>;

export const parseEnvelope = (content: string): Envelope | null => {
  try {
    const value: unknown = JSON.parse(content);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
};

const toRefusal = (attempt: string, { statusCode }: IncomingMessage, envelope: Envelope | null): EmulatorError => {
  const { code, detail } = isRecord(envelope?.['error']) ? envelope['error'] : {};
  if (statusCode === 401) {
    const advice = "Give one of the stack's access keys with --access-key or CYCLE_ACCESS_KEY";
    return new EmulatorError(
      errorCodes.refused,
      `Failed to ${attempt}: the access key is missing or wrong. ${advice}.`,
    );
  }
  const reason =
    typeof detail === 'string'
      ? detail
      : `${code ?? 'the answer is not from a scheduler'} (status ${statusCode}). Check --url`;
  return new EmulatorError(errorCodes.refused, `Failed to ${attempt}: ${/[.?]$/.test(reason) ? reason : `${reason}.`}`);
};

/** The events of an answer (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export async function* readServerSentEvents(response: IncomingMessage): AsyncGenerator<EventSourceMessage, void> {
  const received: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => received.push(event) });
  const decoder = new TextDecoder();
  for await (const bytes of readAnswer(response)) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* received.splice(0);
  }
}
