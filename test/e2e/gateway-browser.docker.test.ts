import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { useBrowser } from '../support/browser.ts';
import { nextEvent } from '../support/caller.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

/**
 * Answers the one request that an instance gets, in a shell behind `nc`. Frames of a WebSocket go back as they come, but for
 * the mask, which a server leaves out: so does the one that closes it.
 */
const serve = `
read -r method path rest
while IFS= read -r line; do
  line=$(printf %s "$line" | tr -d '\\r')
  case $line in
    '') break ;;
    Sec-WebSocket-Key:*) key=$(printf %s "\${line#*:}" | tr -d ' ') ;;
  esac
done
head() { printf 'HTTP/1.1 %s\\r\\nContent-Type: %s\\r\\n' "$1" "$2"; }
whole() { head '200 OK' "$1"; printf 'Content-Length: %s\\r\\n\\r\\n%s' "\${#2}" "$2"; }
bytes() { dd bs=1 count="$1" 2>/dev/null | od -An -v -tu1; }
octal() { printf "\\\\$(printf %03o "$1")"; }
case $path in
  /) whole text/html "<!doctype html><html lang=en><title>$CYCLE_INSTANCE_ID</title><link rel=icon href=data:,>" ;;
  /ticks) head '200 OK' text/event-stream; printf '\\r\\ndata: one\\n\\n'; sleep 1; printf 'data: two\\n\\n' ;;
  /slow) sleep 1000 ;;
  /endless*) head '200 OK' text/event-stream; printf '\\r\\ndata: %s\\n\\n' "$CYCLE_INSTANCE_ID"; sleep 1000 ;;
  /socket)
    accept=$(printf %s "\${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11" | sha1sum | cut -c 1-40 | xxd -r -p | base64)
    head '101 Switching Protocols' none
    printf 'Upgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: %s\\r\\n\\r\\n' "$accept"
    kind=
    while [ "$kind" != 136 ]; do
      set -- $(bytes 2)
      kind=$1 length=$(($2 & 127))
      set -- $(bytes $((4 + length)))
      a=$1 b=$2 c=$3 d=$4
      shift 4
      octal "$kind"; octal "$length"
      for byte in "$@"; do octal $((byte ^ a)); first=$a a=$b b=$c c=$d d=$first; done
    done ;;
esac
`;

const eventsOf = (path: string, count: number): string => `new Promise((resolve, reject) => {
  const [source, texts] = [new EventSource(${JSON.stringify(path)}), []];
  source.onerror = () => reject(new Error('the events broke off'));
  source.onmessage = ({ data }) => {
    if (texts.push(data) < ${count}) return;
    source.close();
    resolve(texts);
  };
})`;

const echo = `new Promise((resolve, reject) => {
  const [socket, texts] = [new WebSocket('/socket'), []];
  socket.onerror = () => reject(new Error('the socket broke off'));
  socket.onopen = () => socket.send('one');
  socket.onmessage = ({ data }) => {
    if (texts.push(data) === 1) socket.send('two, ü');
    else socket.close(1000, 'done');
  };
  socket.onclose = ({ wasClean, code, reason }) => resolve({ texts, wasClean, code, reason });
})`;

describe('functions over HTTP in a browser', { timeout: 120_000 }, () => {
  let emulator: Emulator;
  beforeAll(async () => {
    const web = {
      script: `exec nc -l -p 8080 -e /bin/sh -c 'eval \\"$SERVE\\"'`,
      environment: { SERVE: serve },
      instances: 2,
      limits: { max_pool_size: 4, max_queue_time: '60s' },
      network: { public: 'enable', ports: ['80:8080'] },
      // A shell that is process 1 ends on no signal that it does not expect.
      shutdown: { graceful_timeout: '0s' },
    };
    emulator = await startEmulator({ pull: 'never', stack: sampleStack({ web }) });
  });
  afterAll(() => emulator.stop());

  const visit = () => browser.visit(`http://web.localhost:${new URL(emulator.gatewayUrl ?? '').port}/`);

  /** Once every instance waits to be claimed again. */
  const idle = async (): Promise<void> => {
    const { counts } = emulator.function('web');
    if (counts.available === counts.size && counts.waiting === 0) return;
    await nextEvent(emulator, 'instance.available');
    await idle();
  };

  it('are a page, and an instance for each of its requests', async () => {
    await using visited = await visit();
    // None of them ends before all have begun: an instance that is free again would have the same ID.
    const events = (await visited.page.evaluate(`Promise.all([1, 2, 3].map(async (number) => {
      const { body } = await fetch('/endless?' + number);
      return (await body.pipeThrough(new TextDecoderStream()).getReader().read()).value;
    }))`)) as string[];
    expect(await visited.page.title()).toMatch(/^[0-9a-f]{24}$/);
    expect(events).toEqual(Array(3).fill(expect.stringMatching(/^data: [0-9a-f]{24}\n\n$/)));
    expect(new Set(events).size).toBe(3);
  });

  it('send events as they happen', async () => {
    await using visited = await visit();
    expect(await visited.page.evaluate(eventsOf('/ticks', 2))).toEqual(['one', 'two']);
  });

  it('answer over a WebSocket, and close it in order', async () => {
    await using visited = await visit();
    const closed = { wasClean: true, code: 1000, reason: 'done' };
    expect(await visited.page.evaluate(echo)).toEqual({ texts: ['one', 'two, ü'], ...closed });
  });

  it.each([
    ['waits for an answer', `void fetch('/slow')`],
    ['hears events', `new EventSource('/endless')`],
  ])('are free again when the tab that %s is closed', async (_what, ask) => {
    await using visited = await visit();
    await idle();
    const running = nextEvent(emulator, 'instance.running');
    await visited.page.evaluate(`${ask}; undefined`);
    await running;
    expect(emulator.function('web').counts).toMatchObject({ active: 1 });
    await visited.page.close();
    await idle();
  });

  it('leave nothing behind', async () => {
    await idle();
    expect(emulator.function('web').counts).toMatchObject({ active: 0, claimed: 0, waiting: 0 });
  });
});
