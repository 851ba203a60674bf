import { expect, test } from 'vitest';
import { isImitatedByGateway, toGatewayPolicies } from './imitate-gateway.ts';

test('a profile without answers about the gateway changes nothing', () => {
  expect(toGatewayPolicies({ 'missing-key': { status: 403 } })).toEqual({
    instancePer: 'request',
    statuses: {},
    forwarded: ['for', 'host', 'port', 'proto', 'scheme'],
  });
});

test('a profile says what an instance serves, and the statuses of errors', () => {
  const answers = {
    'linked-connection': { behaviour: 'per-connection' },
    'linked-exhausted': { status: 429, behaviour: 'waits' },
    'linked-silent': { status: 503 },
    'linked-exit': { status: 200 },
    'linked-forwarded': { behaviour: 'for, proto-version, scheme' },
  };
  expect(toGatewayPolicies(answers)).toEqual({
    instancePer: 'connection',
    statuses: { 503: 429, 504: 503 },
    forwarded: ['for', 'proto-version', 'scheme'],
  });
});

test.each([
  ['linked-connection', { behaviour: 'per-connection' }, true],
  ['linked-connection', { behaviour: 'connections-end' }, false],
  ['linked-exit', { status: 503 }, true],
  ['linked-exit', { status: 200 }, false],
  ['linked-exhausted', { status: 503, behaviour: 'at-once' }, false],
  ['linked-forwarded', { behaviour: 'none' }, true],
  ['linked-forwarded', { behaviour: 'for, port' }, true],
  ['linked-forwarded', { behaviour: 'for, other' }, false],
  ['linked-stream', { behaviour: 'whole' }, false],
])('the gateway knows whether it can imitate an answer: %s %j', (question, answer, isImitated) => {
  expect(isImitatedByGateway(question, answer)).toBe(isImitated);
});
