/** A server-sent event as far as the emulator sends them. */
export type ServerSentEvent = { readonly id: string; readonly event: string; readonly data: string };

/** Reads a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export async function* readServerSentEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent, void> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const bytes of stream) {
    const blocks = (pending + decoder.decode(bytes, { stream: true })).split('\n\n');
    pending = blocks.pop() ?? '';
    for (const block of blocks) yield parseBlock(block);
  }
}

const parseBlock = (block: string): ServerSentEvent => {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  return { id: fields['id'] ?? '', event: fields['event'] ?? '', data: fields['data'] ?? '' };
};
