import { channel } from 'node:diagnostics_channel';

/** Where emulators of this process tell of their beginning and end, for a test setup that looks for forgotten ones. */
export const lifecycleChannel = 'cycle-scheduler:emulator';

export type LifecycleMessage = { readonly session: string; readonly type: 'begin' | 'end' };

const lifecycle = channel(lifecycleChannel);

/** Tells that an emulator begins, in the caller's own turn, so that a listener sees who it is. The answer tells its end. */
export const tellBeginning = (session: string): (() => void) => {
  const tell = (type: LifecycleMessage['type']): void => {
    if (lifecycle.hasSubscribers) lifecycle.publish({ session, type } satisfies LifecycleMessage);
  };
  tell('begin');
  return () => tell('end');
};
