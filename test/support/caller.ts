import createClient from 'openapi-fetch';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import type { paths } from '../../src/openapi/wire-types.ts';
import { accessKey } from './sample-stack.ts';

/** Calls one function of an emulator as the official client does; answers status and body. */
export const callerOf = (emulator: Emulator, functionName?: string) => {
  const functions = emulator.stack.functions;
  const spec =
    functionName === undefined ? functions[0] : functions.find(({ identifier }) => identifier === functionName);
  if (spec === undefined) throw new Error(`the stack has no function ${functionName}`);
  return callerAt(emulator.url, spec.containerId);
};

/** The same, of a function anywhere. */
export const callerAt = (baseUrl: string, containerId: string) => {
  const client = createClient<paths>({ baseUrl, headers: { 'X-CYCLE-ACCESS-KEY': accessKey } });
  const params = { path: { containerId } };
  const answerOf = <Data, Failure>(result: { response: Response; data?: Data; error?: Failure }) => ({
    status: result.response.status,
    data: (result.data as { data: unknown } | undefined)?.data,
    code: (result.error as { error?: { code?: string } } | undefined)?.error?.code,
    detail: (result.error as { error?: { detail?: string } } | undefined)?.error?.detail,
  });
  const caller = {
    claim: async (token = 'token', signal?: AbortSignal) =>
      answerOf(
        await client.POST('/v1/functions/{containerId}/claim', {
          params,
          body: { token },
          ...(signal === undefined ? {} : { signal }),
        }),
      ),
    spawn: async (instanceId: string, variables?: Record<string, string>, token = 'token') =>
      answerOf(
        await client.POST('/v1/functions/{containerId}/spawn', {
          params,
          body: {
            token,
            instance_id: instanceId,
            ...(variables === undefined ? {} : { runtime_variables: { environment_variables: variables } }),
          },
        }),
      ),
    release: async (instanceId: string, token = 'token') =>
      answerOf(
        await client.POST('/v1/functions/{containerId}/release', { params, body: { token, instance_id: instanceId } }),
      ),
    active: async () => answerOf(await client.GET('/v1/functions/{containerId}/active', { params })),
    /** Claims and answers the instance's ID; throws where nothing is granted. */
    claimed: async (token = 'token'): Promise<string> => {
      const { status, data, detail } = await caller.claim(token);
      if (status !== 200) throw new Error(`claim answered ${status}: ${detail}`);
      return (data as { instance_id: string }).instance_id;
    },
  };
  return caller;
};

/** The next event that fits, from now on. Ask before doing what brings it about. */
export const nextEvent = (emulator: Emulator, name: string, instanceId?: string): Promise<void> =>
  new Promise((resolve) => {
    const unsubscribe = emulator.events.subscribe((event) => {
      if (event.name !== name) return;
      if (instanceId !== undefined && !('instanceId' in event && event.instanceId === instanceId)) return;
      unsubscribe();
      resolve();
    });
  });
