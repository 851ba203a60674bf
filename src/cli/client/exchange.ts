import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { toHeaderText } from '../../shared/access-key.ts';
import { EmulatorError, errorCodes, hasCode } from '../../shared/errors.ts';
import { shorten } from '../../shared/render-value.ts';
import { isRecord } from '../../shared/values.ts';

export type Question = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether the answer comes only when work is done, such as a claim in the waiting line: then there is no limit. */
  readonly isWork?: boolean;
};

/** What an emulator says at once, a process that answers nothing says never. */
const answersWithinMs = 10_000;

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
  const { method = 'GET', body, headers = {}, signal, isWork = false } = question;
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const { origin, protocol } = new URL(url);
  const request = (protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method,
    agent: false,
    headers: {
      ...(accessKey === undefined ? {} : { 'X-CYCLE-ACCESS-KEY': toHeaderText(accessKey) }),
      ...(bytes === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': bytes.length }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const limit = isWork ? undefined : setTimeout(() => request.destroy(new Silence()), answersWithinMs);
  request.end(bytes);
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EPROTO') {
      const reason = 'no TLS is spoken there. Give its URL with http:// in place of https:// to --url';
      throw unreachable(`reach an emulator at ${shorten(origin)}: ${reason}`, error);
    }
    const advice =
      error instanceof Silence
        ? 'Look at its log, or give the URL of another with --url'
        : 'Start one with cycle-scheduler start, or give its URL with --url';
    throw unreachable(`reach an emulator at ${shorten(origin)}: ${code ?? message}. ${advice}`, error);
  } finally {
    clearTimeout(limit);
  }
};

/** No answer has come. */
export class Silence extends Error {
  constructor() {
    super(`it has not answered within ${answersWithinMs / 1000} s`);
  }
}

const unreachable = (what: string, cause: unknown): EmulatorError =>
  new EmulatorError(errorCodes.emulatorUnreachable, `Failed to ${what}.`, { cause });

/** The bytes of an answer. One that breaks off, as with an emulator that was killed, is an error that says so. */
export async function* readAnswer(response: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    if (hasCode(error, errorCodes.emulatorUnreachable)) throw error;
    const reason = 'the connection to the emulator broke. Check that it still runs';
    throw unreachable(`read the answer to its end: ${reason}`, error);
  }
}

/** The `data` of an answer; throws what its envelope says where it is none. */
export const readData = async (attempt: string, response: IncomingMessage): Promise<unknown> => {
  const envelope = await readEnvelope(response);
  if (response.statusCode === 200 && envelope !== null) return envelope['data'];
  throw toRefusal(attempt, response, envelope);
};

/** Throws what an answer says against the attempt; does nothing where it says nothing against it. */
export const expectAccepted = async (attempt: string, response: IncomingMessage): Promise<void> => {
  if (response.statusCode !== 200) throw toRefusal(attempt, response, await readEnvelope(response));
};

type Envelope = Readonly<Record<string, unknown>>;

/** What a short answer says; null where that is no JSON object. */
export const readEnvelope = async (response: IncomingMessage): Promise<Envelope | null> => {
  response.setTimeout(answersWithinMs, () =>
    response.destroy(unreachable('read the answer to its end: the emulator has gone quiet. Look at its log', null)),
  );
  const content = await text(readAnswer(response));
  try {
    const value: unknown = JSON.parse(content);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
};

/** Of answers that advise callers over HTTP, by their titles: the same for those who type commands. */
const commandWords: Readonly<Record<string, string>> = {
  'Unknown fault': 'no fault has this ID. `cycle-scheduler faults` lists all.',
  'Unknown request': 'no request has this number, or it is remembered no more. `cycle-scheduler requests` lists all.',
  'Unknown instance': 'the emulator has this instance no more. `cycle-scheduler ps` lists all.',
  'Unknown path':
    'what answers at this URL has no such operation. Check --url; where the control API has a port of its own, give that with --control-url; with start --no-control there is none. Another version may have other operations.',
  Replay:
    'a recording is replayed there. Of the commands only `cycle-scheduler status` works with a replay; a signal ends it. Give the URL of an emulator with --url.',
};

const toRefusal = (attempt: string, { statusCode }: IncomingMessage, envelope: Envelope | null): EmulatorError => {
  const { code, title, detail } = isRecord(envelope?.['error']) ? envelope['error'] : {};
  const refused = (reason: string) => new EmulatorError(errorCodes.refused, `Failed to ${attempt}: ${reason}`);
  if (statusCode === 401) {
    const advice = "Give one of the stack's access keys with --access-key or CYCLE_ACCESS_KEY";
    return refused(`the access key is missing or wrong. ${advice}.`);
  }
  const meant = commandWords[String(title)];
  if (meant !== undefined) return refused(meant);
  if (typeof detail === 'string') return refused(/[.?]$/.test(detail) ? detail : `${detail}.`);
  return refused(`${code ?? 'the answer is not from a scheduler'} (status ${statusCode}). Check --url.`);
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
