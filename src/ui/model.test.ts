import { expect, it } from 'vitest';
import { applyEvent, type EmulatorEvent, type Instance, type State } from './page/model.ts';

const at = '2026-01-01T00:00:00.000Z';

const stateWith = (state: Instance['state']): State =>
  ({
    functions: [
      {
        container_id: 'c'.repeat(24),
        waiting: 0,
        limits: { lease_ms: 10_000, max_runtime_ms: 60_000 },
        instances: [{ id: 'a'.repeat(24), state, since: at, deadline: null, published_ports: {} }],
      },
    ],
  }) as unknown as State;

const after = (state: Instance['state'], name: string, fields: object = {}) => {
  const model = stateWith(state);
  const event = { cursor: 1, name, at: '2026-01-01T00:01:00.000Z', container_id: 'c'.repeat(24), ...fields };
  applyEvent(model, event as EmulatorEvent);
  return model.functions[0];
};

const ofInstance = { instance_id: 'a'.repeat(24) };

it.each([
  ['available', 'instance.claimed', 'claimed', '2026-01-01T00:01:10.000Z'],
  ['claimed', 'instance.starting', 'starting', null],
  ['starting', 'instance.running', 'running', '2026-01-01T00:02:00.000Z'],
  ['running', 'instance.stopping', 'stopping', null],
  ['stopping', 'instance.ended', 'preparing', null],
  ['preparing', 'instance.available', 'available', null],
  ['preparing', 'container.instance.error', 'failed', null],
] as const)('an instance that is %s is after %s %s, until %s', (state, name, becomes, deadline) => {
  const [instance] = after(state, name, ofInstance)?.instances ?? [];
  expect(instance).toMatchObject({ state: becomes, since: '2026-01-01T00:01:00.000Z', deadline });
});

it('an event of the model sets the length of the line, and events about other functions change nothing', () => {
  expect(after('claimed', 'claim.queued', { waiting: 3 })?.waiting).toBe(3);
  const untouched = { state: 'claimed', since: at };
  expect(after('claimed', 'instance.available', { instance_id: 'b'.repeat(24) })?.instances[0]).toMatchObject(
    untouched,
  );
  expect(after('claimed', 'fault.fired', ofInstance)?.instances[0]).toMatchObject(untouched);
});
