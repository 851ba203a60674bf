import { channel } from 'node:diagnostics_channel';

/** Where emulators of this process announce their start and end, for a test setup that looks for forgotten ones. */
export const lifecycleChannel = 'cycle-scheduler:emulator';

export type LifecycleMessage = { readonly session: string; readonly type: 'begin' | 'end' };

const lifecycle = channel(lifecycleChannel);

/** Announces an emulator's start, in the caller's own turn, so that a listener sees who it is. The answer announces its end. */
export const announceStart = (session: string): (() => void) => {
  const announce = (type: LifecycleMessage['type']): void => {
    if (lifecycle.hasSubscribers) lifecycle.publish({ session, type } satisfies LifecycleMessage);
  };
  announce('begin');
  return () => announce('end');
};
