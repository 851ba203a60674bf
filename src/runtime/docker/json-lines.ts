import { StringDecoder } from 'node:string_decoder';

/** The JSON values of a stream that carries one per line: the engine's events, pulls and builds. */
export async function* readJsonLines<Message>(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Message> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Message;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Message;
}
