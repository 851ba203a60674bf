import type { Engine } from '../engine/engine.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { Stack } from '../stack/model.ts';
import type { EmulatedFunction, Emulator } from './interface.ts';

/** The functions of a stack as a running engine has them. */
export const createFunctions = (stack: Stack, engine: Engine): Pick<Emulator, 'functions' | 'function'> => {
  const byName = new Map(
    stack.functions.map(({ identifier: name, containerId: id }): [string, EmulatedFunction] => [
      name,
      {
        name,
        id,
        get counts() {
          return engine.countsOf(id);
        },
        instances: () => engine.instancesOf(id),
      },
    ]),
  );
  return {
    functions: Object.fromEntries(byName),
    function: (name) => {
      const found = byName.get(name);
      if (found !== undefined) return found;
      const names = [...byName.keys()].join(', ');
      throw new EmulatorError(
        errorCodes.badOption,
        `Failed to find the function "${name}": the stack has ${names === '' ? 'no functions' : `only ${names}`}. Name one of the stack's containers whose deploy.strategy is "function".`,
      );
    },
  };
};
