import { requireDependency } from '../shared/package.ts';

/**
 * express-openapi-validator, loaded when it is first needed: with all it brings along, that takes as long as loading the
 * rest of the emulator.
 */
export const loadValidator = (): typeof import('express-openapi-validator') =>
  requireDependency('express-openapi-validator');
