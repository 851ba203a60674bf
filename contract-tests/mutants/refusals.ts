import type { Refusal } from '../reference/rules.ts';
import { type Expectation, type Mutant, refuseAs } from './mutant.ts';

const refusing = (
  name: string,
  description: string,
  refusal: Refusal,
  code: string,
  expect: Expectation = 'info',
): Mutant => ({
  name,
  description,
  expect,
  apply: (rules) => refuseAs(rules, refusal, code),
});

/** Other statuses and codes than the emulator’s, where nothing public says which. */
export const refusalMutants: readonly Mutant[] = [
  refusing('wrong-token-as-401', 'A wrong token answers 401.auth-invalid.', 'wrongToken', '401.auth-invalid'),
  refusing('wrong-token-as-404', 'A wrong token answers 404.instance.', 'wrongToken', '404.instance'),
  refusing('wrong-token-as-500', 'A wrong token answers an internal error.', 'wrongToken', '500.unknown', 'warn'),
  refusing('wrong-state-as-409', 'A wrong state answers 409.duplicate-found.', 'wrongState', '409.duplicate-found'),
  refusing('wrong-state-as-expired', 'A wrong state answers 403.expired.', 'wrongState', '403.expired'),
  refusing('wrong-state-as-500', 'A wrong state answers an internal error.', 'wrongState', '500.unknown', 'warn'),
  refusing('unknown-instance-as-403', 'An unknown instance answers 403.mismatch.', 'noInstance', '403.mismatch'),
  refusing(
    'unknown-instance-as-500',
    'An unknown instance answers an internal error.',
    'noInstance',
    '500.unknown',
    'warn',
  ),
  refusing(
    'missing-field-as-invalid',
    'A missing field answers 422.invalid-argument.',
    'missing',
    '422.invalid-argument',
  ),
  refusing('missing-field-as-400', 'A missing field answers 400.invalid-syntax.', 'missing', '400.invalid-syntax'),
  refusing('missing-field-as-500', 'A missing field answers an internal error.', 'missing', '500.unknown', 'warn'),
  refusing('bad-field-as-400', 'A bad field answers 400.invalid-syntax.', 'invalid', '400.invalid-syntax'),
  refusing('bad-field-as-500', 'A bad field answers an internal error.', 'invalid', '500.unknown', 'warn'),
  refusing('unknown-path-as-500', 'An unknown path answers an internal error.', 'badPath', '500.unknown', 'warn'),
  refusing('bad-type-as-400', 'A wrong content type answers 400.invalid-syntax.', 'badType', '400.invalid-syntax'),
];
