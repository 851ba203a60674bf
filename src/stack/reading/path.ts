/** The way from the top of a stack to one of its values: keys of maps and indexes of lists. */
export type Path = readonly (string | number)[];

const plainKey = /^[\w-]+$/;

/** `containers.hello.config.network.ports[0]`; a key with other characters is quoted, so that a line stays a line. */
export const renderPath = (path: Path): string => path.map(renderStep).join('').replace(/^\./, '');

const renderStep = (step: string | number): string =>
  typeof step === 'string' && plainKey.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
