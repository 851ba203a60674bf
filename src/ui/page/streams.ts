import { ApiError, send } from './api.ts';

export type StreamEvent = { readonly event: string; readonly data: string };

type Followed = {
  readonly open: (signal: AbortSignal) => Promise<Response>;
  readonly take: (event: StreamEvent) => void;
  /** Where the emulator has ended it: what is waited for before it is opened again. */
  readonly ended?: () => Promise<void>;
  /** Where it cannot be opened, and is tried again. */
  readonly lost?: (error: unknown) => void;
};

const leastPauseMs = 50;
const longestPauseMs = 1_000;
/** Each refusal is a line in the emulator's log. */
const refusedPauseMs = 5_000;

/** Reads a stream, and again after each end of it, with pauses that grow up to a bound; until it is aborted. */
export const follow = (followed: Followed): AbortController => {
  const controller = new AbortController();
  void readOn(followed, controller.signal);
  return controller;
};

const readOn = async ({ open, take, ended, lost }: Followed, signal: AbortSignal): Promise<void> => {
  let pauseMs = leastPauseMs;
  while (!signal.aborted) {
    let isOpen = false;
    try {
      const response = await open(signal);
      isOpen = true;
      pauseMs = leastPauseMs;
      for await (const event of eventsIn(response)) take(event);
      await ended?.();
    } catch (error) {
      if (signal.aborted) return;
      // One that breaks off says little: browsers do that when an address of the machine comes or goes, as Docker's do.
      if (!isOpen) lost?.(error);
      if (error instanceof ApiError) pauseMs = refusedPauseMs;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
};

/** Asks for server-sent events, as EventSource could not with a key: those behind the one of this number. */
export const openStream = (path: string, signal: AbortSignal, after = 0): Promise<Response> =>
  send('GET', path, { headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(after) }, signal });

async function* eventsIn({ body }: Response): AsyncGenerator<StreamEvent> {
  if (body === null) return;
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line]));
      const field = (name: string) => fields.get(name)?.slice(name.length + 2) ?? '';
      yield { event: field('event'), data: field('data') };
    }
  }
}
