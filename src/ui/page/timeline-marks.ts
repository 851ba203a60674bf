import type { EmulatorEvent, Logged } from './model.ts';

export type MarkKind = 'fault' | 'refusal' | 'kill' | 'failure' | 'end' | 'check' | 'wait';

/** Something that happened at one time, as it is to be read. */
export type Mark = { readonly kind: MarkKind; readonly at: number; readonly text: string };

const killedBySignal9 = 137;

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
const because = ({ reason }: EmulatorEvent): string => (textOf(reason) === '' ? '' : `: ${textOf(reason)}`);

/** The last lines of its output say that it failed by itself: it was not stopped. */
const toEnd = ({ exit }: EmulatorEvent): Omit<Mark, 'at'> => {
  const { code, out_of_memory: outOfMemory, last_lines: lines } = (exit ?? {}) as Readonly<Record<string, unknown>>;
  if (outOfMemory === true) return { kind: 'kill', text: 'killed for lack of memory' };
  if (code === killedBySignal9) return { kind: 'kill', text: 'killed, exit code 137' };
  const text = textOf(code) === '' ? 'ended, exit code unknown' : `ended, exit code ${textOf(code)}`;
  return { kind: lines === undefined ? 'end' : 'failure', text };
};

const toRequest = (event: EmulatorEvent): Omit<Mark, 'at'> | null => {
  if (event['ending'] === 'no_error') return null;
  const request = [event['method'], event['path'], event['status']].map(textOf).join(' ');
  return { kind: 'refusal', text: `${request}${because(event)}` };
};

const meanings: Readonly<Record<string, (event: EmulatorEvent) => Omit<Mark, 'at'> | null>> = {
  'instance.claim-expired': () => ({ kind: 'refusal', text: 'the lease ended without a spawn' }),
  'instance.ended': toEnd,
  'instance.ready': () => ({ kind: 'check', text: 'ready' }),
  'container.instance.function.max_runtime': () => ({ kind: 'kill', text: 'stopped at max_runtime' }),
  'container.instance.start.failed': (event) => ({ kind: 'failure', text: `did not start${because(event)}` }),
  'container.instance.error': (event) => ({ kind: 'failure', text: `no container${because(event)}` }),
  'container.instance.healthcheck.failed': (event) => ({ kind: 'check', text: `health check failed${because(event)}` }),
  'container.instance.healthcheck.recovered': () => ({ kind: 'check', text: 'healthy again' }),
  'container.instance.healthcheck.restarted': (event) => ({
    kind: 'kill',
    text: `ended for its health${because(event)}`,
  }),
  'claim.queued': () => ({ kind: 'wait', text: 'a claim waits in line' }),
  'claim.timed-out': () => ({ kind: 'refusal', text: 'a claim waited too long' }),
  'claim.abandoned': () => ({ kind: 'refusal', text: 'a caller left the line' }),
  'claim.dismissed': () => ({ kind: 'refusal', text: 'a claim was sent away' }),
  'fault.fired': ({ id, effect }) => ({ kind: 'fault', text: `fault ${textOf(id)}: ${textOf(effect)}` }),
  'linked.request': toRequest,
};

/** What an event says beside the state that it leads to; null where that is all. */
export const toMark = (event: EmulatorEvent, at: number): Mark | null => {
  const meaning = Object.hasOwn(meanings, event.name) ? meanings[event.name]?.(event) : null;
  return meaning ? { at, ...meaning } : null;
};

/** Why a request of the Scheduler API was refused; null where it was not, or where an event says it. */
export const toRefusal = ({ origin, operation, path, status, code, fault }: Logged): string | null => {
  if (origin === 'linked' || (status !== null && status < 400)) return null;
  // The line says it: `claim.timed-out`, `claim.dismissed`, `claim.abandoned`.
  if (operation === 'claimInstance' && fault === undefined && (status ?? 500) >= 500) return null;
  return `${operation ?? path}: ${code ?? status ?? 'its caller left'}`;
};
