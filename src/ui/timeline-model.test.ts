import { describe, expect, it } from 'vitest';
import type { EmulatorEvent, Logged, Schemas } from './page/model.ts';
import { type Lane, Timeline } from './page/timeline-model.ts';

const hello = '65a000000000000000000101';
const time = (second: number): string => new Date(second * 1_000).toISOString();

/** Events with the cursors that follow one another, each at its second. */
const history = (
  ...events: readonly (readonly [second: number, name: string, fields?: object])[]
): readonly EmulatorEvent[] =>
  events.map(([second, name, fields], index) => ({
    ...{ cursor: index + 1, name, at: time(second), container_id: hello, instance_id: 'one' },
    ...fields,
  }));

const refused = (fields: Partial<Logged>): Logged => ({
  ...{ id: 1, at: time(5), method: 'POST', path: '/', operation: null, container: hello, instance: 'one' },
  ...{ status: 403, code: null, duration_ms: 1 },
  ...fields,
});

const stateAt = (
  second: number,
  instances: readonly Partial<Schemas['Instance']>[],
  { session = 'first', name = 'hello' }: { readonly session?: string; readonly name?: string } = {},
): Schemas['State'] => ({
  ...{ session, version: '1', ready: true, reason: null, gateway: null, no_gateway: null },
  clock: { now: time(second), frozen: false },
  functions: [
    {
      ...{ name, container_id: hello, waiting: 0 },
      instances: instances.map((instance, seed) => ({
        ...{ id: 'one', state: 'available', since: time(0), lease_ms: null, hostname: `hello-${seed + 1}`, seed },
        ...{ ipv4: '10.0.0.1', ipv6: null, mac_addr: '', published_ports: {}, autoscaled: false },
        ...instance,
      })),
    },
  ],
});

const timelineOf = (
  events: readonly EmulatorEvent[],
  limits?: { readonly items: number; readonly lanes: number },
): Timeline => {
  const timeline = new Timeline(limits);
  for (const event of events) timeline.take(event);
  return timeline;
};

/** As `claimed 1-2`, in seconds; open segments end with nothing, torn ones with a question mark. */
const shown = (lane: Lane | undefined): readonly string[] | undefined =>
  lane?.segments.map(
    ({ phase, from, to, isTorn }) => `${phase} ${from / 1_000}-${to === null ? '' : to / 1_000}${isTorn ? '?' : ''}`,
  );

describe('a timeline', () => {
  it('has a segment for each phase of a claim and its run', () => {
    const timeline = timelineOf(
      history(
        [0, 'instance.available'],
        [1, 'instance.claimed'],
        [2, 'instance.starting'],
        [3, 'instance.running'],
        [5, 'instance.stopping'],
        [6, 'instance.ended', { exit: { code: 0, out_of_memory: false } }],
        [7, 'instance.available'],
        [9, 'instance.claimed'],
      ),
    );
    expect(shown(timeline.lane('one'))).toEqual([
      'claimed 1-2',
      'starting 2-3',
      'running 3-5',
      'stopping 5-6',
      'claimed 9-',
    ]);
    expect(timeline.lane('one')?.marks).toEqual([{ kind: 'end', at: 6_000, text: 'ended, exit code 0' }]);
  });

  it.each([
    ['instance.claim-expired', {}, 'refusal', 'the lease ended without a spawn'],
    ['instance.ended', { exit: { code: 137, out_of_memory: true } }, 'kill', 'killed for lack of memory'],
    ['instance.ended', { exit: { code: 137, out_of_memory: false } }, 'kill', 'killed, exit code 137'],
    ['instance.ended', { exit: { code: 143, out_of_memory: false } }, 'end', 'ended, exit code 143'],
    ['instance.ended', { exit: { code: 3, last_lines: ['oops'] } }, 'failure', 'ended, exit code 3'],
    ['instance.ended', { exit: { code: null } }, 'end', 'ended, exit code unknown'],
    ['instance.ended', {}, 'end', 'ended, exit code unknown'],
    ['container.instance.function.max_runtime', {}, 'kill', 'stopped at max_runtime'],
    ['container.instance.start.failed', { reason: 'no luck' }, 'failure', 'did not start: no luck'],
    ['container.instance.error', {}, 'failure', 'no container'],
    ['container.instance.healthcheck.restarted', { reason: '503' }, 'kill', 'ended for its health: 503'],
    ['fault.fired', { id: 'f1', effect: 'delay' }, 'fault', 'fault f1: delay'],
    ['linked.request', { method: 'GET', path: '/', status: 504, ending: 'timeout_idle' }, 'refusal', 'GET / 504'],
  ])('marks %s with %j', (name, fields, kind, text) => {
    const timeline = new Timeline();
    timeline.takeState(stateAt(0, [{}]));
    for (const event of history([1, name, fields])) timeline.take(event);
    expect(timeline.lane('one')?.marks).toEqual([{ kind, at: 1_000, text }]);
  });

  it.each(['instance.available', 'linked.request', 'something.new', 'constructor'])(
    'has no lane for %s alone',
    (name) => {
      const timeline = timelineOf(history([1, name, { ending: 'no_error' }]));
      expect(timeline.lane('one')).toBeUndefined();
    },
  );

  it('has a lane for what happens to the waiting line of a function', () => {
    const timeline = timelineOf(history([2, 'claim.timed-out', { instance_id: undefined, waiting: 0 }]));
    expect(timeline.lane(hello)?.marks).toEqual([{ kind: 'refusal', at: 2_000, text: 'a claim waited too long' }]);
  });

  it.each([
    [{ operation: 'spawnInstance', code: '403.mismatch', status: 403 }, 'spawnInstance: 403.mismatch'],
    [{ operation: null, path: '/v1/nothing', code: '404.uri', status: 404 }, '/v1/nothing: 404.uri'],
    [{ operation: 'claimInstance', code: '503.not-ready', status: 503, fault: 'f1' }, 'claimInstance: 503.not-ready'],
    [{ operation: 'releaseInstance', code: null, status: null }, 'releaseInstance: its caller left'],
  ])('marks the refused request %j, once, in the order of time', (fields, text) => {
    const timeline = timelineOf(history([9, 'instance.ended', { exit: { code: 0 } }]));
    for (const request of [refused(fields), refused(fields)]) timeline.takeRequest(request);
    expect(timeline.lane('one')?.marks.map((mark) => mark.text)).toEqual([text, 'ended, exit code 0']);
  });

  it.each([
    { operation: 'spawnInstance', status: 200, code: null },
    { operation: 'claimInstance', status: 504, code: '504.not-available' },
    { origin: 'linked', status: 504 },
    { operation: null, status: 401, code: '401.auth-invalid', container: null, instance: null },
  ] as const)('has no mark for the request %j', (fields) => {
    const timeline = new Timeline();
    timeline.takeRequest(refused(fields));
    expect([...timeline.lanes]).toEqual([]);
  });

  it('has no lane for an instance that a caller made up', () => {
    const timeline = new Timeline();
    timeline.takeState(stateAt(0, [{}]));
    const unknown = { operation: 'spawnInstance', status: 404, code: '404.instance' } as const;
    timeline.takeRequest(refused({ ...unknown, id: 1, instance: 'two' }));
    timeline.takeRequest(refused({ ...unknown, id: 2, instance: null, container: '65a000000000000000000999' }));
    expect([...timeline.lanes]).toEqual([]);
    const [fired] = history([1, 'fault.fired', { instance_id: 'two', id: 'f1', effect: 'delay' }]);
    timeline.take(fired as EmulatorEvent);
    expect([...timeline.lanes].map(({ id }) => id)).toEqual([hello]);
    timeline.takeRequest(refused({ ...unknown, id: 3 }));
    expect(timeline.lane('one')?.marks.map(({ text }) => text)).toEqual(['spawnInstance: 404.instance']);
  });

  it('has no lane for instances that were not used, and names the others', () => {
    const timeline = timelineOf(history([1, 'instance.available', { instance_id: 'three' }], [1, 'instance.claimed']));
    timeline.takeState(stateAt(2, [{ id: 'one' }, { id: 'two' }, { id: 'three' }]));
    expect([...timeline.lanes].map(({ id, name }) => [id, name])).toEqual([['one', 'hello-1']]);
  });

  it('begins with the state, and adds what earlier events say', () => {
    const timeline = new Timeline();
    timeline.takeState(stateAt(9, [{ state: 'running', since: time(4) }]));
    expect(shown(timeline.lane('one'))).toEqual(['running 4-']);
    for (const event of history([1, 'instance.claimed'], [4, 'instance.running'], [10, 'instance.stopping']))
      timeline.take(event);
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-4', 'running 4-10', 'stopping 10-']);
  });

  it('prefers events of an instance to a state that may be older', () => {
    const timeline = timelineOf(history([1, 'instance.claimed'], [2, 'instance.running']));
    timeline.takeState(stateAt(2, [{ state: 'claimed', since: time(1) }]));
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-2', 'running 2-']);
  });

  it('stands still with a frozen clock: phases without length follow one another', () => {
    const timeline = timelineOf(history([1, 'instance.claimed'], [1, 'instance.running'], [1, 'instance.stopping']));
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-1', 'running 1-1', 'stopping 1-']);
    expect(timeline.latest).toBe(1_000);
  });

  it('says where events are missing, and goes on from the next state', () => {
    const [claimed, running, , stopping] = history([1, 'instance.claimed'], [2, 'instance.running'], [3, ''], [8, 'x']);
    const timeline = timelineOf([claimed, running, stopping] as readonly EmulatorEvent[]);
    expect(timeline.gaps).toEqual([{ from: 2_000, to: 8_000 }]);
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-2', 'running 2-2?']);
    timeline.takeState(stateAt(9, [{ state: 'claimed', since: time(7) }]));
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-2', 'running 2-2?', 'claimed 7-']);
    timeline.takeState(stateAt(10, [{ state: 'available', since: time(9) }]));
    expect(shown(timeline.lane('one'))?.at(-1)).toBe('claimed 7-9');
  });

  it('takes each event once', () => {
    const events = history([1, 'instance.claimed'], [2, 'instance.claim-expired']);
    const timeline = timelineOf([...events, ...events]);
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-2']);
    expect(timeline.lane('one')?.marks).toHaveLength(1);
  });

  it('keeps the lane of an instance that is gone, without what went on', () => {
    const timeline = timelineOf(history([1, 'instance.claimed']));
    timeline.takeState(stateAt(1, []));
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-']);
    timeline.takeState(stateAt(3, []));
    expect(shown(timeline.lane('one'))).toEqual(['claimed 1-3']);
  });

  it('goes on with another emulator, and begins again where that one has an earlier time', () => {
    const timeline = timelineOf(history([5, 'instance.claimed']));
    timeline.takeState(stateAt(6, [{}]));
    timeline.takeState(stateAt(7, [{}], { session: 'second' }));
    expect(shown(timeline.lane('one'))).toEqual(['claimed 5-6?']);
    for (const event of history([8, 'instance.claimed'])) timeline.take(event);
    expect(shown(timeline.lane('one'))).toEqual(['claimed 5-6?', 'claimed 8-']);
    timeline.takeState(stateAt(2, [{}], { session: 'third' }));
    expect([...timeline.lanes]).toEqual([]);
    expect(timeline.latest).toBe(2_000);
  });

  it('drops its oldest items past its limit, and says until when', () => {
    const claims = Array.from({ length: 12 }, (_, second) => [second, 'instance.claimed'] as const);
    const timeline = timelineOf(history(...claims), { items: 10, lanes: 10 });
    expect(shown(timeline.lane('one'))?.[0]).toBe('claimed 2-3');
    expect(timeline.droppedUntil).toBe(2_000);
  });

  it('keeps items past its limit that still go on', () => {
    const [first] = history([0, 'instance.claimed']);
    const rest = history(
      [0, ''],
      ...Array.from({ length: 50 }, (_, i) => [i, 'instance.ready', { instance_id: 'two' }] as const),
    );
    const timeline = timelineOf([first as EmulatorEvent, ...rest.slice(1)], { items: 10, lanes: 10 });
    expect(shown(timeline.lane('one'))).toEqual(['claimed 0-']);
    expect(timeline.lane('two')?.marks.length).toBeLessThanOrEqual(10);
  });

  it('has a limit for lanes, too', () => {
    const timeline = timelineOf(
      history(
        ...['one', 'two', 'three'].map((id, second) => [second, 'instance.claimed', { instance_id: id }] as const),
      ),
      { items: 100, lanes: 2 },
    );
    expect([...timeline.lanes].map(({ id }) => id)).toEqual(['two', 'three']);
    expect(timeline.droppedUntil).toBe(2_000);
  });

  it.each([
    { cursor: 1, name: 'instance.claimed', at: 'never', container_id: hello, instance_id: 'one' },
    { cursor: 1, name: 'instance.claimed', at: time(1), container_id: null },
    { name: 'instance.claimed' },
    {},
  ])('is not upset by the event %j', (event) => {
    const timeline = timelineOf([event as EmulatorEvent]);
    expect([...timeline.lanes]).toEqual([]);
  });
});
