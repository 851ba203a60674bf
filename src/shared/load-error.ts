/** Why the package cannot be loaded, in one sentence: the place where that was found out says nothing to a user. */
export const toLoadError = (reason: string): Error => {
  const error = new Error(`Failed to load cycle-scheduler: ${reason}`);
  error.stack = `${error.name}: ${error.message}`;
  return error;
};
