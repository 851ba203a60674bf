import { describe, expect, it } from 'vitest';
import { parseSample, problemsOf, problemsWith } from '../../test/support/stack/sample.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { parseFault } from './stack-faults.ts';

const error = { type: 'error', code: '503.not-ready' };

describe('emulator.faults', () => {
  it('are read as they are written, with the seed', () => {
    const faults = [
      {
        id: 'slow',
        match: { operation: 'claim', function: 'job', token: 'ci-*', nth: 2 },
        effect: { type: 'delay', ms: 250 },
      },
      { match: { probability: 0.25, times: 3 }, effect: { ...error, status: 502 } },
      { effect: { type: 'reset', when: 'after' } },
      { effect: { type: 'malformed', how: 'cut' } },
      { effect: { type: 'slowStart', ms: 0 } },
      { effect: { type: 'startFailure', reason: 'no space left' } },
      { effect: { type: 'imageMissing' } },
      { effect: { type: 'exitAfter', ms: 10, code: 3 } },
      { effect: { type: 'outOfMemory' } },
      { effect: { type: 'hangingStop' } },
      { match: { operation: 'claim' }, effect: { type: 'poolExhausted' } },
      { effect: { type: 'dockerAway', ms: 1000 } },
    ];
    const stack = parseSample({ 'emulator.faults': faults, 'emulator.seed': 42 });
    expect(stack.faults).toEqual(faults);
    expect(stack.seed).toBe(42);
    expect(stack.warnings).toEqual([]);
    expect(Object.isFrozen(stack.faults[0]?.effect)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['emulator.seed', -1, ': got -1, expected a whole number of at least 0'],
    ['emulator.faults', {}, ': got an object, expected a list'],
    ['emulator.faults', ['slow'], '[0]: got "slow", expected an object'],
    ['emulator.faults', [{}], '[0].effect: missing, expected an object with a type'],
    ['emulator.faults', [{ effect: 'delay' }], '[0].effect: got "delay", expected an object with a type'],
    [
      'emulator.faults',
      [{ effect: { type: 'delay' } }],
      '[0].effect.ms: missing, expected a whole number of milliseconds',
    ],
    [
      'emulator.faults',
      [{ effect: { type: 'delay', ms: '5s' } }],
      '[0].effect.ms: got "5s", expected a whole number of at least 0',
    ],
    [
      'emulator.faults',
      [{ effect: { ...error, status: 418 } }],
      '[0].effect.status: got 418, expected one of 400, 401, 403, 404, 409, 415, 422, 500, 501, 502, 503, 504',
    ],
    [
      'emulator.faults',
      [{ effect: { type: 'exitAfter', code: 256 } }],
      '[0].effect.code: got 256, expected a whole number from 0 to 255',
    ],
    [
      'emulator.faults',
      [{ effect: error, match: { operation: 'clam' } }],
      '[0].match.operation: got "clam", expected one of claim, spawn, release, active, reach, pass-on, did you mean "claim"?',
    ],
    [
      'emulator.faults',
      [{ effect: error, match: { function: 'jbo' } }],
      '[0].match.function: got "jbo", expected a key of containers: job, did you mean "job"?',
    ],
    [
      'emulator.faults',
      [{ effect: error, match: { token: 5 } }],
      '[0].match.token: got a number (not shown), expected a string: put it in quotes',
    ],
    [
      'emulator.faults',
      [{ effect: error, match: { nth: 0 } }],
      '[0].match.nth: got 0, expected a whole number of at least 1',
    ],
    [
      'emulator.faults',
      [{ effect: error, match: { probability: 50 } }],
      '[0].match.probability: got 50, expected a number from 0 to 1',
    ],
    [
      'emulator.faults',
      [{ effect: { type: 'hangingStop' }, match: { operation: 'release' } }],
      '[0].match.operation: got "release", expected no operation, since hangingStop happens to a container, not to a request',
    ],
    [
      'emulator.faults',
      [{ effect: { type: 'poolExhausted' }, match: { operation: 'spawn' } }],
      '[0].match.operation: got "spawn", expected claim or no operation, since poolExhausted happens to claims only',
    ],
    [
      'emulator.faults',
      [{ effect: { type: 'malformed' }, match: { operation: 'reach' } }],
      '[0].match.operation: got "reach", expected claim, spawn, release, active or no operation, since malformed happens to requests to the scheduler only',
    ],
    [
      'emulator.faults',
      [{ effect: { type: 'breakOff', bytes: 1 }, match: { operation: 'claim' } }],
      '[0].match.operation: got "claim", expected pass-on or no operation, since breakOff happens to answers of functions only',
    ],
    [
      'emulator.faults',
      [{ effect: { type: 'breakOff' } }],
      '[0].effect.bytes: missing, expected a whole number of bytes',
    ],
    [
      'emulator.faults',
      [
        { id: 'a', effect: error },
        { id: 'a', effect: error },
      ],
      '[1].id: got "a", expected an ID that no other fault has',
    ],
    [
      'emulator.faults',
      [{ id: '', effect: error }],
      '[0].id: got an empty string, expected an ID of 1 to 100 characters without control characters such as line breaks, or none',
    ],
    ...['a\nb', 'a\tb', 'a\u001b[2J', 'a\u2028b'].map((id): [string, object[], string] => [
      'emulator.faults',
      [{ id, effect: error }],
      `[0].id: got ${JSON.stringify(id)}, expected an ID of 1 to 100 characters without control characters such as line breaks, or none`,
    ]),
  ])('of %s: %j is %s', (path, value, text) => {
    expect(problemsWith({ [path]: value })).toEqual([`${path}${text}`]);
  });

  it('say which effect and which code was likely meant', () => {
    const [type] = problemsWith({ 'emulator.faults': [{ effect: { type: 'dely' } }] });
    expect(type).toMatch(
      /^emulator\.faults\[0\]\.effect\.type: got "dely", expected one of delay, .*did you mean "delay"\?$/,
    );
    const [code] = problemsWith({ 'emulator.faults': [{ effect: { type: 'error', code: '503.notready' } }] });
    expect(code).toMatch(/did you mean "503\.not-ready"\?$/);
  });

  it('warn about what they do not know', () => {
    const { warnings } = parseSample({ 'emulator.faults': [{ effect: { type: 'exitAfter', mss: 5 } }] });
    expect(warnings).toEqual(['emulator.faults[0].effect.mss: unknown field, ignored, did you mean "ms"?']);
  });
});

describe('a fault given at run time', () => {
  it('is read in the same words', () => {
    const fault = { match: { function: 'job' }, effect: { type: 'exitAfter', code: 3 } };
    expect(parseFault(fault, ['job'])).toEqual(fault);
  });

  it('has all its problems reported at once, unknown fields among them', () => {
    const parse = () => parseFault({ when: 'now', match: { nth: 0 }, effect: { type: 'delay' } }, []);
    expect(parse).toThrow(
      new EmulatorError(
        errorCodes.badOption,
        `Failed to read a fault: it has 3 problems. Correct it:
fault effect.ms: missing, expected a whole number of milliseconds
fault match.nth: got 0, expected a whole number of at least 1
fault when: unknown field, ignored`,
      ),
    );
    expect(problemsOf(() => parseFault(null, []))).toEqual(['fault effect: missing, expected an object with a type']);
  });
});
