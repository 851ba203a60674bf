import { describe, expect, test } from 'vitest';
import { type Grant, Model, type Span } from './model.ts';

const settleMs = 1_000;
const container = 'c';

const newModel = (endsByItself = false): Model => new Model({ settleMs, endsByItself });
const at = (from: number, by = from): Span => ({ from, by });
const grant = (model: Model, span: Span, instance = 'i', token = 'token'): Grant =>
  model.grant({ container, instance, token, connection: 0 }, span);

describe('a claim granted between its request and its answer', () => {
  test('holds for certain until ten seconds after the request, and is over ten seconds and the settling after the answer', () => {
    const model = newModel();
    const held = grant(model, at(100, 300));
    expect(model.isHeld(held, at(300, 10_000))).toBe(true);
    expect(model.isHeld(held, at(300, 10_100))).toBe(false);
    expect(model.mayBeHeld(held, at(11_300))).toBe(true);
    expect(model.mayBeHeld(held, at(11_301))).toBe(false);
  });

  test('is not certain before its answer', () => {
    const model = newModel();
    const held = grant(model, at(100, 300));
    expect(model.isHeld(held, at(200, 400))).toBe(false);
    expect(model.mayBeHeld(held, at(200, 400))).toBe(true);
  });

  test('may be over as soon as a release is under way', () => {
    const model = newModel();
    const held = grant(model, at(0));
    held.enders.set(Symbol('release'), 500);
    expect(model.isHeld(held, at(100, 499))).toBe(true);
    expect(model.isHeld(held, at(100, 500))).toBe(false);
  });

  test('has no lease any more once it is spawned', () => {
    const model = newModel();
    const held = grant(model, at(0));
    held.started = at(5_000, 5_100);
    expect(model.isRunning(held, at(5_100, 60_000))).toBe(true);
    expect(model.isWaiting(held, at(5_100))).toBe(false);
  });

  test('may be over at any time after its spawn where functions end by themselves', () => {
    const model = newModel(true);
    const held = grant(model, at(0));
    held.started = at(5_000, 5_100);
    expect(model.isRunning(held, at(5_100))).toBe(false);
    expect(model.mayBeHeld(held, at(60_000))).toBe(true);
  });
});

describe('the next claim of an instance', () => {
  test('began when the one before was over, though it was asked for earlier', () => {
    const model = newModel();
    const first = grant(model, at(0), 'i', 'first');
    first.started = at(100);
    first.ended = at(6_000, 6_050);
    const next = grant(model, at(2_000, 6_100), 'i', 'next');
    expect(model.isHeld(next, at(6_100, 15_900))).toBe(true);
    expect(model.mayBeHeld(first, at(6_101))).toBe(false);
  });

  test('may be the same claim, answered again for the same token', () => {
    const model = newModel();
    grant(model, at(0));
    const again = grant(model, at(6_000));
    expect(model.isHeld(again, at(6_000, 9_000))).toBe(true);
    expect(model.isHeld(again, at(6_000, 10_000))).toBe(false);
    expect(model.mayBeHeld(again, at(17_000))).toBe(true);
  });
});

describe('how many instances can be taken', () => {
  test('counts those whose lease may still hold, each once', () => {
    const model = newModel();
    grant(model, at(0), 'one');
    grant(model, at(5_000), 'two');
    expect(model.mostHeld.get(container)).toBe(2);
    expect(model.mostTaken(container, at(11_000))).toBe(2);
    expect(model.mostTaken(container, at(11_001))).toBe(1);
  });

  test('counts a claim that was released before its spawn, unless inferred rules count, too', () => {
    const model = newModel();
    const held = grant(model, at(0));
    held.ended = at(1_000);
    held.givenBack = true;
    expect(model.mostTaken(container, at(2_000))).toBe(1);
    expect(model.mostTaken(container, at(2_000), true)).toBe(0);
  });

  test('counts a caller that hung up for the length of a lease, but none that left the line while all instances were taken', () => {
    const model = newModel();
    grant(model, at(0));
    model.lose(container, at(100, 200));
    expect(model.mostTaken(container, at(300), true)).toBe(2);
    model.noteDeparture(400);
    expect(model.mostTaken(container, at(500), true)).toBe(1);
    expect(model.mostTaken(container, at(500))).toBe(2);
    expect(model.mostTaken(container, at(11_300))).toBe(0);
  });
});
