import type { Operation, Rejection, Rules } from '../reference/rules.ts';
import type { Mutant } from './mutant.ts';

const echoing = (name: string, description: string, change: (token: string) => string): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => {
    rules.echo = change;
  },
});

const accepting = (name: string, description: string, also: (held: string, given: string) => boolean): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => {
    rules.holds = ({ token }, given) => token !== null && (token === given || also(token, given));
  },
});

const refusingTokens = (rules: Rules, isRefused: (token: string) => boolean, refusal: () => Rejection): void => {
  const { fields } = rules.checks;
  rules.checks.fields = (call) => {
    const { token } = call.fields;
    const refused = call.operation !== 'active' && typeof token === 'string' && isRefused(token);
    return refused ? { ...refusal(), source: '/token' } : fields(call);
  };
};

/** Takes the token that holds the instance for the one that is missing. */
const fillInToken = (rules: Rules, operation: Operation): void => {
  const { fields } = rules.checks;
  rules.checks.fields = (call) => {
    const isMeant = call.operation === operation && call.fields?.['token'] === undefined;
    const instance = isMeant && call.fn ? rules.find(call.fn, String(call.fields?.['instance_id'])) : undefined;
    if (instance?.token) call.fields = { ...call.fields, token: instance.token };
    return fields(call);
  };
};

/** Lets every token that ever held an instance open it. */
const rememberTokens = (rules: Rules, operation: Operation): void => {
  const { take, holds } = rules;
  const past = new Set<string>();
  rules.take = (instance, token) => {
    past.add(`${instance.id} ${token}`);
    take(instance, token);
  };
  rules.holds = (instance, token, call) =>
    holds(instance, token, call) || (call.operation === operation && past.has(`${instance.id} ${token}`));
};

/** What a token is, and what it opens. */
export const tokenMutants: readonly Mutant[] = [
  echoing('token-not-echoed', 'Answers carry a token of the scheduler’s own.', () => 'scheduler-token'),
  echoing('token-emptied', 'Answers carry an empty token.', () => ''),
  echoing('token-trimmed', 'Blanks around a token are lost in answers.', (token) => token.trim()),
  echoing('token-lower-cased', 'Answers carry the token in lower case.', (token) => token.toLowerCase()),
  echoing('token-unicode-broken', 'Characters beyond Latin-1 are broken in answers.', (token) =>
    Buffer.from(token, 'latin1').toString('latin1'),
  ),
  echoing('token-normalised', 'Answers carry the token in Unicode’s compatibility form.', (token) =>
    token.normalize('NFKD'),
  ),
  echoing('token-truncated', 'Answers carry the first 64 characters of a token.', (token) => token.slice(0, 64)),
  accepting(
    'token-compared-without-case',
    'A token opens a claim also in another case.',
    (held, given) => held.toLowerCase() === given.toLowerCase(),
  ),
  accepting('token-compared-by-start', 'The first five characters of a token open its claim.', (held, given) =>
    held.startsWith(given.slice(0, 5)),
  ),
  accepting(
    'token-compared-by-length',
    'Any token of the same length opens a claim.',
    (held, given) => held.length === given.length,
  ),
  accepting(
    'token-compared-trimmed',
    'Blanks around a token do not matter.',
    (held, given) => held.trim() === given.trim(),
  ),
  accepting(
    'token-compared-normalised',
    'Tokens that only Unicode tells apart are the same.',
    (held, given) => held.normalize('NFKC') === given.normalize('NFKC'),
  ),
  {
    name: 'token-needless-for-spawn',
    description: 'Spawn needs no token in its body.',
    expect: 'fail',
    apply: (rules) => fillInToken(rules, 'spawn'),
  },
  {
    name: 'token-needless-for-release',
    description: 'Release needs no token in its body.',
    expect: 'fail',
    apply: (rules) => fillInToken(rules, 'release'),
  },
  {
    name: 'token-of-the-past-spawns',
    description: 'The token of a released claim spawns the instance of a later claim.',
    expect: 'fail',
    apply: (rules) => rememberTokens(rules, 'spawn'),
  },
  {
    name: 'token-of-the-past-releases',
    description: 'The token of an ended run releases the instance of a later claim.',
    expect: 'fail',
    apply: (rules) => rememberTokens(rules, 'release'),
  },
  {
    name: 'token-ignored-by-spawn',
    description: 'Any token spawns a claimed instance.',
    expect: 'fail',
    apply: (rules) => {
      const { holds } = rules;
      rules.holds = (instance, token, call) => call.operation === 'spawn' || holds(instance, token, call);
    },
  },
  {
    name: 'token-ignored-by-release',
    description: 'Any token releases an instance.',
    expect: 'fail',
    apply: (rules) => {
      const { holds } = rules;
      rules.holds = (instance, token, call) => call.operation === 'release' || holds(instance, token, call);
    },
  },
  {
    name: 'token-of-a-neighbour',
    description: 'The token of any claim of the function opens all of its claims.',
    expect: 'fail',
    apply: (rules) => {
      rules.holds = ({ fn }, token) => fn.instances.some((instance) => instance.token === token);
    },
  },
  {
    name: 'token-stands-for-the-instance',
    description: 'Spawn and release take the first instance that the token holds, whichever they are asked for.',
    expect: 'fail',
    apply: (rules) => {
      const byToken =
        (run: Rules['spawn']): Rules['spawn'] =>
        (call) => {
          const held = call.fn?.instances.find(({ token }) => token !== null && token === call.fields['token']);
          return run(held ? { ...call, fields: { ...call.fields, instance_id: held.id } } : call);
        };
      rules.spawn = byToken(rules.spawn);
      rules.release = byToken(rules.release);
    },
  },
  {
    name: 'token-releases-all',
    description: 'Release gives back every instance that the token holds.',
    expect: 'fail',
    apply: (rules) => {
      const { release } = rules;
      rules.release = async (call) => {
        const outcome = await release(call);
        const held = call.fn?.instances.filter(({ token }) => token !== null && token === call.fields['token']) ?? [];
        for (const instance of 'data' in outcome ? held : []) {
          await rules.stop(instance);
          rules.free(instance);
        }
        return outcome;
      };
    },
  },
  {
    name: 'token-of-four-refused',
    description: 'Claim refuses a token of four characters, which the description allows (D3).',
    expect: 'info',
    apply: (rules) =>
      refusingTokens(
        rules,
        (token) => token.length < 5,
        () => rules.refuse.invalid,
      ),
  },
  {
    name: 'token-of-two-hundred-refused',
    description: 'A long token is refused.',
    expect: 'info',
    apply: (rules) =>
      refusingTokens(
        rules,
        (token) => token.length > 200,
        () => rules.refuse.tooLarge,
      ),
  },
  {
    name: 'token-with-unicode-refused',
    description: 'A token with characters beyond ASCII is refused.',
    expect: 'info',
    apply: (rules) =>
      refusingTokens(
        rules,
        (token) => /[^ -~]/.test(token),
        () => rules.refuse.invalid,
      ),
  },
];
