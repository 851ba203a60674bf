import { type StackVariables, toVariables, type VariableSources } from './stack-variables.ts';
import { loadVariablesFile } from './variables-file.ts';

/** Throws an EmulatorError where a name is impossible or the file cannot be read. */
export const loadVariables = async (sources: VariableSources): Promise<StackVariables> => {
  const { variablesFile } = sources;
  return toVariables(sources, variablesFile === undefined ? {} : await loadVariablesFile(variablesFile));
};
