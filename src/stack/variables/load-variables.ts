import { type StackVariables, toVariables, type VariableSources } from './stack-variables.ts';
import { loadVariablesFile } from './variables-file.ts';

/** Throws an EmulatorError where a name is impossible or the file cannot be read, or the signal's reason. */
export const loadVariables = async (sources: VariableSources, signal?: AbortSignal): Promise<StackVariables> => {
  const { variablesFile } = sources;
  return toVariables(sources, variablesFile === undefined ? {} : await loadVariablesFile(variablesFile, signal));
};
