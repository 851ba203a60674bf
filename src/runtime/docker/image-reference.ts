/** Completes an image reference with the tag the docker CLI would assume; a digest or a tag is left as it is. */
export const normaliseReference = (reference: string): string => {
  const trimmed = reference.trim();
  // A colon before the last slash is a registry's port.
  const name = trimmed.slice(trimmed.lastIndexOf('/') + 1);
  return /[:@]/.test(name) ? trimmed : `${trimmed}:latest`;
};
