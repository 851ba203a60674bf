/** Documented: letters a to z, digits and hyphens. `{{name}}` and `{{$name}}` are the same variable. */
const name = /^[a-z0-9-]+$/;

export const variableNameRule = 'a-z, 0-9 and hyphens';

export const isVariableName = (text: string): boolean => name.test(text);

/** Where a text names variables. `{{ name }}`, `{{.Name}}` and the like name none (documented pattern): they stay as they are. */
export const placeholders = /\{\{\$?([a-z0-9-]+)\}\}/g;

/** Whether the text is one variable and nothing else. */
export const isPlaceholder = (text: string): boolean => /^\{\{\$?[a-z0-9-]+\}\}$/.test(text);

/** The environment variable that gives a stack variable its value: `a-b` is `CYCLE_STACK_VAR_A_B` (our choice). */
export const environmentNameOf = (variable: string): string =>
  `CYCLE_STACK_VAR_${variable.replaceAll('-', '_').toUpperCase()}`;
