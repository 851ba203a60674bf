/** What lies at a path of the file system; `outside` where links lead out of the root, and `special` is a pipe or a device. */
export type Kind = 'file' | 'directory' | 'special' | 'nothing' | 'outside';

/** What was found at a path, and where it really is once every link is followed. */
export type Found = { readonly kind: Kind; readonly path: string };

/** Where a stack's paths start, and how to look at what is there; without `look` nothing is looked at. */
export type FileContext = {
  /** Absolute path that stands for the root of the repository: paths in the stack start there and stay below. */
  readonly root: string;
  /** Absolute path of the stack file's folder. Only hints look here: paths of older stacks started there. */
  readonly stackDir?: string;
  readonly look?: (path: string) => Found;
};
