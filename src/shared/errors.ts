/** Why the emulator could not do what it was asked to; each is one line for the user, never a stack trace. */
export const errorCodes = {
  /** The stack file cannot be read or breaks the rules; the message lists every problem. */
  stackInvalid: 'ERR_STACK_INVALID',
  /** A flag, an environment variable or an option of the programmatic API has an impossible value. */
  badOption: 'ERR_BAD_OPTION',
  /** The port is taken, or may not be used. */
  portUnavailable: 'ERR_PORT_UNAVAILABLE',
  /** No Docker engine answers at the endpoint chosen, or it may not be used. */
  dockerUnreachable: 'ERR_DOCKER_UNREACHABLE',
  /** The image is not here, cannot be pulled, or cannot be built. */
  imageUnavailable: 'ERR_IMAGE_UNAVAILABLE',
  /** The environment's network cannot be made. */
  networkUnavailable: 'ERR_NETWORK_UNAVAILABLE',
  /** The environment's network cannot be removed before Docker has been restarted: it counts containers that are gone. */
  networkStuck: 'ERR_NETWORK_STUCK',
  /** An instance's container cannot be made. */
  containerRefused: 'ERR_CONTAINER_REFUSED',
  /** The file that is to keep claims cannot be used. */
  stateUnusable: 'ERR_STATE_UNUSABLE',
  /** A function ended before it did what was waited for. */
  runEnded: 'ERR_RUN_ENDED',
  /** A fault that was set on purpose has met a call in this process. */
  faultInjected: 'ERR_FAULT_INJECTED',
  /** No emulator answers where the command line looks for one. */
  emulatorUnreachable: 'ERR_EMULATOR_UNREACHABLE',
  /** A running emulator answered with an error. */
  refused: 'ERR_REFUSED',
} as const;

export type ErrorCode = (typeof errorCodes)[keyof typeof errorCodes];

/**
 * A failure the user can act on. The message follows one grammar:
 * `Failed to <verb> <thing>: <reason>. <What to do>.`
 */
export class EmulatorError extends Error {
  override readonly name = 'EmulatorError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const hasCode = (thrown: unknown, code: ErrorCode): boolean =>
  thrown instanceof EmulatorError && thrown.code === code;

/** The message of anything thrown, for texts in which a stack has no place. */
export const toMessage = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The same in a sentence for the user, who can act on an EmulatorError alone. */
export const describeFailure = (thrown: unknown): string =>
  thrown instanceof EmulatorError ? thrown.message : `Failed unexpectedly: ${toMessage(thrown)}.`;
