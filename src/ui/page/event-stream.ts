import { send } from './api.ts';

export type StreamEvent = { readonly event: string; readonly data: string };

/** Server-sent events, which EventSource could not ask for with a key. Ends where the emulator ends them. */
export async function* readEvents(path: string, init: RequestInit): AsyncGenerator<StreamEvent> {
  const headers = { Accept: 'text/event-stream', ...init.headers };
  yield* eventsIn(await send('GET', path, { ...init, headers }));
}

export async function* eventsIn({ body }: Response): AsyncGenerator<StreamEvent> {
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
