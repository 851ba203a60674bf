/** Why the package cannot be loaded, in one sentence: the place where that was found out tells nobody anything. */
export const toLoadError = (reason: string): Error => {
  const error = new Error(`Failed to load cycle-scheduler: ${reason}`);
  error.stack = `${error.name}: ${error.message}`;
  return error;
};
