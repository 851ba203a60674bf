import { stripVTControlCharacters } from 'node:util';
import type { ControlEvent } from '../control/control-target.ts';
import { createMask } from '../recording/mask-body.ts';
import { isLinked, type WatchedRequest } from '../recording/watched-requests.ts';
import type { Numbered } from '../shared/events.ts';
import { shorten } from '../shared/render-value.ts';
import { type Seen, seenBy } from './lifecycle.ts';

/** Describes what an emulator has seen since it was asked to look, for the report of a test of that name that has failed. */
export type Witness = (test: string) => string;

const most = { events: 20, requests: 10, runs: 3, lines: 20 };
/** Of a line, and of the output that lines are taken of. */
const longestLine = 500;
const longestTail = 65_536;

/** What it sees from now on: the last events, requests to it and lines that functions print. Access keys are masked. */
export const lookAt = (emulator: object): Witness => {
  const seen = seenBy.get(emulator);
  if (seen === undefined) return () => '';
  const { events, requests } = seen;
  const [event, request] = [events.latest, requests.latest];
  return (test) => describe(test, seen, events.after(event), requests.after(request));
};

const describe = (
  test: string,
  { functions, printed, secrets }: Seen,
  events: readonly Numbered<ControlEvent>[],
  requests: readonly Numbered<WatchedRequest>[],
): string => {
  const mask = createMask(secrets);
  /** Masked before it is cut: a part of a key is no key any more. */
  const section = (title: string, limit: number, lines: readonly string[]): readonly string[] => {
    if (lines.length === 0) return [];
    const shown = lines.slice(-limit).map((line) => `    ${shorten(mask.plain(toPlain(line)), longestLine)}`);
    return [`  ${title}${shown.length < lines.length ? `, the last ${limit} of ${lines.length}` : ''}:`, ...shown];
  };
  const names = new Map(functions().map(({ id, name }): [string | null, string] => [id, name]));
  const started = events.filter(({ item: { name } }) => name === 'instance.starting').map(({ item }) => item);
  const runs = new Map(started.map(({ instanceId, containerId }) => [instanceId ?? '', names.get(containerId) ?? '']));
  const parts = [
    ...section('Events', most.events, events.map(toEventLine(names))),
    ...section('Requests', most.requests, requests.map(toRequestLine)),
    ...[...runs]
      .slice(-most.runs)
      .flatMap(([id, name]) => section(`Output of ${name} ${id}`, most.lines, toLines(printed(id)))),
  ];
  const [what, end] = parts.length === 0 ? ['nothing', '.'] : ['this', ':'];
  return [`The emulator saw ${what} of the failed test ${JSON.stringify(test)}${end}`, ...parts].join('\n');
};

const toPlain = (line: string): string => stripVTControlCharacters(line).replace(/[^\P{Cc}\t]/gu, '');

const toLines = (output: string): readonly string[] => {
  // Whole lines alone, for the same reason.
  const whole = output.length > longestTail ? output.slice(-longestTail).replace(/^[^\n]*(\n|$)/, '') : output;
  const text = whole.trimEnd();
  return text === '' ? [] : text.split('\n');
};

const toTime = (at: number): string => new Date(at).toISOString().slice(11, -1);

const toEventLine =
  (names: ReadonlyMap<string | null, string>) =>
  ({ item: { at, name, containerId, instanceId, ...details } }: Numbered<ControlEvent>): string => {
    // The last lines of a run that has failed stand below.
    const more = Object.entries(details).map(
      ([key, value]) => `${key}=${JSON.stringify(value, (inner, one) => (inner === 'lastLines' ? undefined : one))}`,
    );
    return [toTime(at), name, names.get(containerId), instanceId, ...more].filter(Boolean).join('  ');
  };

const toRequestLine = ({ item }: Numbered<WatchedRequest>): string => {
  const end = isLinked(item) ? `${item.ending} ${item.reason ?? ''}` : (item.code ?? '');
  const host = isLinked(item) ? item.host : '';
  return `${toTime(item.at)}  ${item.method} ${host}${item.path}  ${item.status ?? 'no answer'} ${end}`.trimEnd();
};
