import { isRequest, type RemoteEvent, type Schemas } from '../client/control-shapes.ts';
import { Remote } from '../client/emulator-client.ts';
import { findInstance } from '../client/find-target.ts';
import type { RemoteFlags } from '../options.ts';
import { print, printJson } from '../output.ts';

export type EventsFlags = RemoteFlags & { readonly follow: boolean; readonly name?: string };

/**
 * `events [instance]`: what has happened, as far as the emulator remembers; with `follow`, what happens from then on as
 * well.
 */
export const events = async (wanted: string | undefined, flags: EventsFlags): Promise<void> => {
  const { json, follow, name, ...connection } = flags;
  const remote = new Remote(connection);
  const state = await remote.state();
  const instance = wanted === undefined ? undefined : findInstance(state, wanted, follow).instance.id;
  const happened = await remote.events({ follow, name, instance, after: 0 });
  await show(happened, json, namesIn(state), (event) => event.container_id, renderEvent);
};

const renderEvent = (event: RemoteEvent & Named): string => {
  const { at, name, container_id: of, instance_id: instance, function: spec, cursor: _cursor, ...details } = event;
  return toLine(at, name, instance ?? of, spec, details);
};

export type RequestsFlags = RemoteFlags & { readonly follow: boolean };

/** `requests [id]`: the requests that are remembered, and with `follow` those to come; of one also the bodies. */
export const requests = async (id: string | undefined, flags: RequestsFlags): Promise<void> => {
  const { json, follow, ...connection } = flags;
  const remote = new Remote(connection);
  const names = namesIn(await remote.state());
  const found =
    id === undefined
      ? await remote.requests(follow)
      : [await remote.ask(`look at request ${id}`, `requests/${id}`, isRequest)];
  await show(found, json, names, ({ container }) => container, renderRequest);
};

type Named = { readonly function?: string };

const namesIn = ({ functions }: Schemas['State']): ReadonlyMap<string, string> =>
  new Map(functions.map(({ container_id: id, name }) => [id, name]));

/** Each item on a line, with the name of its function. Lines and no table: the widest column is known only at the end. */
const show = async <Item extends object>(
  items: AsyncIterable<Item> | Iterable<Item>,
  json: boolean,
  names: ReadonlyMap<string, string>,
  containerOf: (item: Item) => string | null | undefined,
  render: (item: Item & Named) => string,
): Promise<void> => {
  for await (const item of items) {
    const name = names.get(containerOf(item) ?? '');
    const named = name === undefined ? item : { ...item, function: name };
    if (json) printJson(named);
    else print(render(named));
    // The reader has gone, as behind `| head`.
    if (!process.stdout.writable) return;
  }
};

const renderRequest = ({ at, method, path, status, ...request }: Schemas['LoggedRequest'] & Named): string => {
  const { id, instance, code, duration_ms: ms, function: spec, request: sent, response: answered, ...rest } = request;
  const { operation: _operation, container: _container, ...details } = rest;
  const line = toLine(at, `#${id}`, `${method} ${path}`, `${status ?? 'no answer'} ${code ?? ''}`.trim(), {
    ...(spec && { function: spec }),
    ...(instance && { instance }),
    ms,
    ...details,
  });
  const bodies = [sent, answered].filter((body) => body != null);
  return [line, ...bodies.map((body) => body.text ?? body.omitted ?? body.base64 ?? '')].join('\n');
};

const toLine = (...parts: readonly (string | null | undefined | object)[]): string =>
  parts
    .flatMap((part) => (typeof part === 'object' && part !== null ? toWords(part) : [part ?? '']))
    .filter(Boolean)
    .join('  ');

const toWords = (details: object): readonly string[] =>
  Object.entries(details).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
