/** What lies at a path of the file system. */
export type Kind = 'file' | 'directory' | 'nothing';

/** Where a stack's relative paths start, and how to look at what is there; without `kindOf` nothing is looked at. */
export type Places = {
  /** Absolute path. */
  readonly baseDir: string;
  readonly kindOf?: (path: string) => Kind;
};
