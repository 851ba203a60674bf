import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * express-openapi-validator, loaded when it is first needed: with all it brings along, that takes as long as loading the
 * rest of the emulator.
 */
export const loadValidator = (): typeof import('express-openapi-validator') => require('express-openapi-validator');
