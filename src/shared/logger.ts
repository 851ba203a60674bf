/** The part of a pino logger this folder uses. */
export type Logger = Readonly<Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>>;

export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
