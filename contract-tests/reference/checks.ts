import { findFieldProblem } from './fields.ts';
import type { Operation } from './model.ts';
import type { Reference } from './reference.ts';
import type { Rules } from './rules.ts';

type CheckRules = Pick<Rules, 'checkOrder' | 'checks' | 'admits'>;

const pathPattern = /^\/v1\/functions\/([^/]+)\/(claim|spawn|release|active)$/;
const jsonPattern = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;
const largestBody = 1024 * 1024;

/** A container that is no function. */
export const otherContainerId = '65a0000000000000000000cf';

export const createCheckRules = (reference: Reference): CheckRules => ({
  checkOrder: ['key', 'path', 'container', 'size', 'type', 'syntax', 'fields'],
  admits: (key) => key === reference.accessKey,
  checks: {
    key: (call) => (reference.rules.admits(call.key, call) ? null : reference.rules.refuse.badKey),
    path: (call) => {
      const operation = pathPattern.exec(call.path)?.[2] as Operation | undefined;
      if (operation === undefined) return reference.rules.refuse.badPath;
      if (call.method !== (operation === 'active' ? 'GET' : 'POST')) return reference.rules.refuse.badPath;
      call.operation = operation;
      return null;
    },
    container: (call) => {
      const id = decode(pathPattern.exec(call.path)?.[1] ?? '');
      if (id === otherContainerId) return reference.rules.refuse.noFunction;
      call.fn = reference.functions.find((fn) => fn.id === id) ?? null;
      return call.fn ? null : reference.rules.refuse.noContainer;
    },
    size: (call) => (Buffer.byteLength(call.text) > largestBody ? reference.rules.refuse.tooLarge : null),
    type: (call) => {
      // Of what is not there no type can be wrong: a missing body is told as such.
      const isMeant = call.operation !== 'active' && call.text !== '';
      return isMeant && !jsonPattern.test(call.contentType) ? reference.rules.refuse.badType : null;
    },
    syntax: (call) => {
      if (call.operation === 'active') return null;
      if (call.text === '') return reference.rules.refuse.missing;
      try {
        call.fields = JSON.parse(call.text);
        return null;
      } catch {
        return reference.rules.refuse.badSyntax;
      }
    },
    fields: (call) => {
      const problem = call.operation === 'active' ? null : findFieldProblem(call);
      return problem && { ...reference.rules.refuse[problem.refusal], source: problem.source };
    },
  },
});

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
