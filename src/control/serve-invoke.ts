import type { RequestHandler } from 'express';
import { type ApiResponse, sendData, sendError } from '../http/answers.ts';
import type { Controlled, InvocationWish } from './control-target.ts';
import { toWireInvocation } from './wire-format.ts';

/** Runs a function once and answers how that went, when it has ended. A caller that leaves before ends it. */
export const serveInvoke =
  ({ invoke }: Pick<Controlled, 'invoke'>): RequestHandler<{ functionName: string }> =>
  async (request, response: ApiResponse) => {
    const left = new AbortController();
    response.once('close', () => left.abort());
    const wish: Omit<InvocationWish, 'signal'> = request.body ?? {};
    try {
      const outcome = await invoke(request.params.functionName, { ...wish, signal: left.signal });
      if (outcome.ok) sendData(response, toWireInvocation(outcome.value));
      else sendError(response, outcome.answer);
    } catch (error) {
      // The answer would go nowhere.
      if (!left.signal.aborted) throw error;
    }
  };
