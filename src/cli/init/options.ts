import { Option } from 'commander';

export type InitFlags = { readonly output?: string; readonly force: boolean };

export const initOptions = [
  new Option('-o, --output <file>', 'where to write the stack, - for stdout (default: stack.yaml beside its source)'),
  new Option('--force', 'replace the file').default(false),
];
