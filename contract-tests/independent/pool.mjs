// The pool of one simulated function: who holds which instance, and for how long.
// Nothing really runs; a run is a timer, so that the whole cycle can be watched from outside.

import { setTimeout as sleep } from 'node:timers/promises';

// A refusal by what went wrong; scheduler.mjs decides which status and code that becomes.
export class Problem extends Error {
  constructor(kind, detail, source) {
    super(detail ?? kind);
    Object.assign(this, { kind, detail, source });
  }
}

export class Pool {
  instances = [];
  line = []; // callers waiting for an instance
  listed = []; // what the last published list shows
  #making = 0;

  constructor(container, settings) {
    this.container = container;
    this.settings = settings;
    for (let i = 0; i < (settings.startWith ?? settings.poolSize); i++) this.#add();
    if (settings.sweepEvery) setInterval(() => this.#sweep(), settings.sweepEvery);
  }

  async claim(token, signal) {
    const { sameToken, queueTime } = this.settings;
    const held = this.#heldBy(token);
    if (held && sameToken === 'same') return held;
    if (sameToken === 'refuse' && (held || this.line.some((w) => w.token === token)))
      throw new Problem('tokenTaken', 'this token already holds an instance', '/token');
    if (!this.line.length && this.#free().length) return this.#grant(token);
    if (!queueTime) throw new Problem('noneFree', 'every instance is taken');
    return this.#wait(token, queueTime, signal);
  }

  // Answers when the function runs, or fails when it was released while starting.
  async spawn(id, token) {
    const instance = this.#held(id, token);
    const { claim } = instance;
    if (claim.spawned) throw new Problem('alreadySpawned', 'this claim was spawned before');
    clearTimeout(claim.timer);
    claim.spawned = Date.now();
    this.#set(instance, 'starting');
    await sleep(this.settings.startTime);
    if (instance.claim !== claim || claim.how) throw new Problem('ended', 'released while starting');
    this.#set(instance, 'running');
    const { runTime, maxRuntime, noticeAfter } = this.settings;
    const lasts = Math.min(runTime, maxRuntime) + noticeAfter;
    claim.timer = setTimeout(() => this.#finish(instance, 'ended'), lasts);
    return instance;
  }

  // Answers at once; stopping and cleaning up go on behind the answer.
  release(id, token) {
    const { releaseAgain, releaseUnspawned, noticeAfter } = this.settings;
    const known = this.#find(id);
    const { last } = known;
    if (!known.claim && last?.token === token && releaseAgain.includes(last.how)) return [known, last];
    const instance = this.#held(id, token);
    const { claim } = instance;
    if (!claim.spawned && !releaseUnspawned) throw new Problem('notSpawned', 'nothing was spawned');
    clearTimeout(claim.timer);
    claim.how = 'released';
    claim.released = Date.now();
    if (claim.spawned && noticeAfter) setTimeout(() => this.#finish(instance, 'released'), noticeAfter);
    else this.#finish(instance, 'released');
    return [instance, claim];
  }

  active() {
    return this.settings.listDelay ? this.listed : this.#activeNow();
  }

  #activeNow() {
    return this.instances.filter((i) => i.state === 'starting' || i.state === 'running').map((i) => ({ ...i }));
  }

  #add(autoscaled = false) {
    const now = Date.now();
    const { newId } = this.settings;
    const number = this.instances.length + 1;
    const base = { id: newId(), serverId: newId(), number, autoscaled, container: this.container };
    this.instances.push({ ...base, created: now, changed: now, freed: now, state: 'free', claim: null, last: null });
  }

  #find(id) {
    const instance = this.instances.find((i) => i.id.toLowerCase() === id.toLowerCase());
    if (!instance) throw new Problem('unknownInstance', 'no such instance', '/instance_id');
    return instance;
  }

  #heldBy(token) {
    return this.instances.find((i) => i.claim?.token === token && !i.claim.how && !this.#lapsed(i.claim));
  }

  #lapsed(claim) {
    return !claim.spawned && Date.now() - claim.claimed >= this.settings.lease;
  }

  // The instance, if this token holds it now.
  #held(id, token) {
    const instance = this.#find(id);
    const { claim, last } = instance;
    if (claim && claim.token === token) {
      // Sweeping may be late, the ten seconds are not.
      if (this.#lapsed(claim)) throw new Problem('expired', 'the claim was not spawned in time');
      if (claim.how) throw new Problem('ended', 'the claim has ended');
      return instance;
    }
    if (claim) throw new Problem('wrongToken', 'claimed with another token', '/token');
    if (last?.token === token) throw new Problem(last.how, 'the claim has ended');
    throw new Problem('notClaimed', 'the instance is not claimed');
  }

  // Free instances, the one that has been free longest first.
  #free() {
    const busy = this.instances.filter((i) => i.state !== 'free').length;
    if (busy >= this.settings.maxConcurrency) return [];
    return this.instances.filter((i) => i.state === 'free').sort((a, b) => a.freed - b.freed);
  }

  #grant(token) {
    const free = this.#free();
    const instance = free[this.settings.pickInstance(free.length)];
    const claim = { token, claimed: Date.now(), spawned: null, released: null, how: null };
    const { lease, sweepEvery } = this.settings;
    if (!sweepEvery) claim.timer = setTimeout(() => this.#finish(instance, 'expired'), lease);
    instance.claim = claim;
    this.#set(instance, 'claimed');
    return instance;
  }

  #wait(token, queueTime, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new Problem('hungUp'));
      const leave = (problem) => {
        clearTimeout(waiter.timer);
        this.line = this.line.filter((w) => w !== waiter);
        reject(problem);
      };
      const late = () => leave(new Problem('waitedTooLong', 'no instance came free in time'));
      const waiter = { token, resolve, timer: setTimeout(late, queueTime) };
      signal?.addEventListener('abort', () => leave(new Problem('hungUp')));
      this.line.push(waiter);
      this.#grow();
    });
  }

  // A pool that starts small makes further instances while callers wait.
  #grow() {
    const { poolSize, growTime } = this.settings;
    if (this.instances.length + this.#making >= poolSize || this.#making >= this.line.length) return;
    this.#making++;
    setTimeout(() => {
      this.#making--;
      this.#add(true);
      this.#serve();
    }, growTime);
  }

  #serve() {
    while (this.line.length) {
      const index = this.settings.pickWaiter(this.line.length);
      const { token } = this.line[index];
      const held = this.settings.sameToken === 'same' && this.#heldBy(token);
      if (!held && !this.#free().length) return;
      const [waiter] = this.line.splice(index, 1);
      clearTimeout(waiter.timer);
      waiter.resolve(held || this.#grant(token));
    }
  }

  #sweep() {
    for (const i of this.instances) if (i.claim && this.#lapsed(i.claim)) this.#finish(i, 'expired');
  }

  async #finish(instance, how) {
    const { claim } = instance;
    clearTimeout(claim.timer);
    instance.last = { ...claim, how };
    instance.claim = null;
    if (claim.spawned) {
      this.#set(instance, 'stopping');
      await sleep(this.settings.stopTime);
    }
    instance.freed = Date.now();
    this.#set(instance, 'free');
    this.#serve();
  }

  #set(instance, state) {
    instance.state = state;
    instance.changed = Date.now();
    const { listDelay } = this.settings;
    if (!listDelay) return;
    const list = this.#activeNow();
    setTimeout(() => {
      this.listed = list;
    }, listDelay);
  }
}
