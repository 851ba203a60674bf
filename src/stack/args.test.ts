import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../test/support/any-text.ts';
import { parseArgs } from './values.ts';

describe('parseArgs', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['a', ['a']],
    [' a\tb\n c ', ['a', 'b', 'c']],
    [`-c "sleep '10' && ./script.sh"`, ['-c', "sleep '10' && ./script.sh"]],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`--name="a b"c`, ['--name=a bc']],
    [`"" ''`, ['', '']],
    [String.raw`"say \"hi\" \\ \n"`, [String.raw`say "hi" \ \n`]],
    [String.raw`'a\b' c\d`, [String.raw`a\b`, String.raw`c\d`]],
    [String.raw`a\ b \" \'`, ['a b', '"', "'"]],
    ['end\\', ['end\\']],
    ['ünï "çø dé"', ['ünï', 'çø dé']],
  ])('splits %j', (text, value) => {
    expect(parseArgs(text)).toEqual({ ok: true, value });
  });

  it.each(['"', "'", 'a "b', "it's", '"a\\"', `"a' b`])('refuses the open quote of %j', (text) => {
    expect(parseArgs(text)).toEqual({ ok: false, expected: 'arguments with every quote closed' });
  });

  it('reads back any arguments that were put in double quotes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: anyCharacter })), (args) => {
        const text = args.map((arg) => `"${arg.replace(/["\\]/g, '\\$&')}"`).join(' ');
        expect(parseArgs(text)).toEqual({ ok: true, value: args });
      }),
    );
  });

  it('takes long arguments', () => {
    const long = 'x'.repeat(500_000);
    expect(parseArgs(`"${long}" '${long}' ${long}`)).toEqual({ ok: true, value: [long, long, long] });
  });
});
