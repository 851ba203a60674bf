import fc from 'fast-check';
import type { Json } from '../../openapi/load.ts';

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 1.5, true, [], {}, 'abcd', 'abcde', '2025-06-01T12:00:00Z', '2025-13-01'),
  fc.constantFrom<unknown>(undefined, [null], { ip: 1 }, { ip: '1', cidr: '2' }, 'A'.repeat(24), 'a'.repeat(24)),
  fc.string(),
  fc.jsonValue(),
);

/** The value with up to three of its parts replaced by something odd, left out, or joined by a stranger. */
export const nearMissesOf = (value: Json): fc.Arbitrary<unknown> =>
  fc
    .array(fc.record({ at: fc.nat(), by: odd, how: fc.constantFrom('replace', 'omit', 'join') }), { maxLength: 3 })
    .map((changes) => {
      const root: Owner = { value: structuredClone(value) };
      for (const { at, by, how } of changes) {
        const places = placesIn(root);
        const { owner, key } = places[at % places.length] ?? { owner: root, key: 'value' };
        if (how === 'join') owner['stranger'] = structuredClone(by);
        else if (how === 'omit' || by === undefined) delete owner[key];
        else owner[key] = structuredClone(by);
      }
      return root['value'];
    });

type Owner = Record<string, unknown>;

/** Every part of a tree, by what it hangs on. */
const placesIn = (owner: Owner): { readonly owner: Owner; readonly key: string }[] =>
  Object.entries(owner).flatMap(([key, part]) => [
    { owner, key },
    ...(typeof part === 'object' && part !== null ? placesIn(part as Owner) : []),
  ]);
