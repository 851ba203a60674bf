import fc from 'fast-check';
import { linkedRules, probeOf, toExchange, toRecordedLinked } from '../kit/linked.ts';
import { LinkedCall, type LinkedRequest, openLinkedConnection } from '../kit/linked-call.ts';
import { fieldOf } from '../model/json.ts';
import { CaseSkipped } from '../model/result.ts';
import { judgeServed } from './claims.ts';
import type { Span } from './model.ts';
import { anyMove, claimable, functionAt, Move, nth } from './move.ts';
import type { OpenRequest, Walker } from './walker.ts';

/** The most that are open at a time. */
const mostOpen = 4;

const hostOf = ({ run }: Walker, container: string): string | undefined => {
  const { url, hosts } = run.linked ?? {};
  const at = run.containers.indexOf(container);
  return hosts?.[at] ?? (at === 0 && url !== undefined ? new URL(url).host : undefined);
};

/** Sends a request. Resolves once its run is seen, or it is over, or it is late; what comes then is judged all the same. */
const request = async (w: Walker, container: string, path: string): Promise<void> => {
  const { linked, budget, requestTimeoutMs, clock, signal } = w.run;
  const host = hostOf(w, container);
  if (linked === null || host === undefined) return;
  if (budget.left('claim') <= 0 || budget.left('spawn') <= 0) throw new CaseSkipped('no further request is allowed');
  budget.take('claim');
  budget.take('spawn');
  const place = { url: new URL(linked.url), address: linked.address };
  const asked: LinkedRequest = {
    ...{ method: 'GET', path, host, headers: [], body: null },
    ...{ isChunked: false, isHalfSent: false, protocol: null },
  };
  const begunAt = performance.now();
  const since = w.now;
  const phantom = w.model.expect(container, since);
  const connection = openLinkedConnection(place, host);
  const call = new LinkedCall(place, connection, asked, requestTimeoutMs);
  const open: OpenRequest = { container, grant: null, hangUp: () => call.hangUp(), ended: Promise.resolve() };
  let goneAt = Number.POSITIVE_INFINITY;
  open.hangUp = () => {
    goneAt = Math.min(goneAt, w.now);
    call.hangUp();
  };
  const seen = call.head.then(async (head) => {
    const probe = probeOf(head);
    if (probe === null) return;
    const span: Span = { from: since, by: w.now };
    w.model.settle(phantom, since);
    open.grant = await judgeServed(
      w,
      { container, instance: probe.instance, token: w.freshToken(), connection: 0 },
      span,
    );
    open.grant.isRequests = true;
    open.grant.started = span;
  });
  const work = async (): Promise<void> => {
    const reply = await call.reply;
    connection.close();
    w.noteStep(toRecordedLinked(linked.url, asked), toExchange(reply), begunAt);
    await seen.catch((error: unknown) => w.fail(error));
    const { now } = w;
    if (open.grant === null) w.model.settle(phantom, now + w.model.settleMs);
    // Before its caller went it was held; an answer that ended by itself was so at its beginning.
    else open.grant.ended ??= { from: Math.min(goneAt, now, path === held ? now : since), by: now + w.model.settleMs };
    w.requests.splice(w.requests.indexOf(open), 1);
  };
  w.requests.push(open);
  open.ended = work();
  await Promise.race([seen, open.ended, clock.pause(w.model.settleMs, signal)]);
};

const held = '/probe/hold';

/** Hangs up, and waits in real time until the run is seen no more. */
const leave = async (w: Walker, open: OpenRequest): Promise<void> => {
  open.hangUp();
  await open.ended;
  const { grant, container } = open;
  if (grant?.ended == null || w.run.missing.has('getActiveInstances')) return;
  const isOver = async (): Promise<boolean> => {
    const { reply } = await w.send(0, { operation: 'getActiveInstances', container });
    return reply.failure !== undefined || fieldOf(reply.data, grant.instance) === undefined;
  };
  const isFreed = await w.comesRight(isOver);
  // It may be another's by now.
  const isAnothers = w.model
    .of(container, grant.instance)
    .some((one) => one !== grant && w.model.mayBeHeld(one, w.instant));
  if (!isFreed && !isAnothers && w.isExclusive) w.contradict(linkedRules.freed, 'a list without it', grant.instance);
};

/** Ends all that are open. */
export const leaveRequests = async (w: Walker): Promise<void> => {
  for (const open of [...w.requests]) await leave(w, open);
};

const at = fc.nat(11);

const mayAsk = (w: Walker, container: string): boolean =>
  w.may('lifecycle') &&
  w.run.linked !== null &&
  hostOf(w, container) !== undefined &&
  claimable(w, container) > 0 &&
  w.requests.length < mostOpen;

/** Requests over HTTP, answered at once or held open, and callers that go. */
export const requestMoves = fc.oneof(
  {
    weight: 3,
    arbitrary: anyMove(at, (which) => ({
      text: `request over HTTP (function ${which})`,
      isPossible: (w) => mayAsk(w, functionAt(w, which)),
      act: (w) => request(w, functionAt(w, which), '/explore'),
    })),
  },
  {
    weight: 3,
    arbitrary: anyMove(at, (which) => ({
      text: `request over HTTP that goes on (function ${which})`,
      isPossible: (w) => mayAsk(w, functionAt(w, which)),
      act: (w) => request(w, functionAt(w, which), held),
    })),
  },
  {
    weight: 2,
    arbitrary: at.map(
      (which) =>
        new Move({
          text: `hang up on request ${which}`,
          isPossible: (w) => w.requests.length > 0,
          act: async (w) => {
            const open = nth(w.requests, which);
            if (open !== undefined) await leave(w, open);
          },
        }),
    ),
  },
);
