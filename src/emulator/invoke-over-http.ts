import type { Controlled, InvocationOutcome, InvocationWish } from '../control/control-target.ts';
import { InjectedFailure, withCallFaults } from '../faults/call-faults.ts';
import { type ErrorAnswer, errorAnswer, quote } from '../http/answers.ts';
import { toRejectionAnswer } from '../http/rejection-answers.ts';
import { EmulatorError } from '../shared/errors.ts';
import type { Core } from './core.ts';
import { type InvokeParts, invokeFunction } from './invoke.ts';
import { SchedulerRejected } from './scheduler-rejected.ts';

/** The control API's way to run a function once: what goes wrong is answered as the Scheduler API answers it. */
export const createInvoke = (core: Core, functions: Controlled['functions']): Controlled['invoke'] => {
  const parts: InvokeParts = { ...core, service: withCallFaults(core.service, core.faults) };
  return async (name, { port, ...wish }: InvocationWish): Promise<InvocationOutcome> => {
    const all = functions();
    const target = all.find((candidate) => candidate.name === name || candidate.id === name);
    if (target === undefined) return { ok: false, answer: unknownFunction(name, all) };
    try {
      const until = port === undefined ? {} : { until: { port } };
      return { ok: true, value: await invokeFunction(parts, target, { ...wish, ...until }) };
    } catch (error) {
      const answer = toAnswer(error);
      if (answer === null) throw error;
      return { ok: false, answer };
    }
  };
};

const unknownFunction = (name: string, all: readonly { readonly name: string }[]): ErrorAnswer => {
  const names = all.map((known) => known.name).join(', ');
  return errorAnswer('404.container', 'Unknown function', {
    detail: `There is no function ${quote(name)}: the stack has ${names === '' ? 'none' : `only ${names}`}. Name one of these, or its container ID.`,
  });
};

/** Null for what is no fault of the caller's, of the function's or of one that was set on purpose. */
const toAnswer = (error: unknown): ErrorAnswer | null => {
  if (error instanceof SchedulerRejected) {
    return error.rejection.name === 'caller-gone' ? null : toRejectionAnswer(error.rejection);
  }
  if (!(error instanceof EmulatorError)) return null;
  const injected = error instanceof InjectedFailure && error.effect.type === 'error' ? error.effect : null;
  const answer = errorAnswer(injected?.code ?? '500.unknown', 'Not invoked', { detail: error.message });
  return { ...answer, status: injected?.status ?? answer.status };
};
