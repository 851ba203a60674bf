import type { Socket } from 'node:net';
import type { Lease, Target } from './lease.ts';

type Kept = { readonly containerId: string; readonly lease: Lease };

/** Leases that last as long as their callers' connections: all requests over one are of one instance. */
export class KeptLeases implements AsyncDisposable {
  readonly #byConnection = new Map<Socket, Kept>();
  readonly #watched = new WeakSet<Socket>();
  readonly #releasing = new Set<Promise<void>>();

  /** The lease that the connection has of this function; null where it has none, or its run is over. */
  async take(connection: Socket, { containerId }: Target): Promise<Lease | null> {
    const kept = this.#byConnection.get(connection);
    if (kept === undefined) return null;
    if (kept.containerId === containerId && !kept.lease.over.aborted) return kept.lease;
    await this.drop(connection, kept.lease);
    return null;
  }

  /** Keeps the lease until the connection ends; at once, if it has. */
  async keep(connection: Socket, { containerId }: Target, lease: Lease): Promise<void> {
    if (connection.destroyed) return await lease.release();
    this.#byConnection.set(connection, { containerId, lease });
    if (this.#watched.has(connection)) return;
    this.#watched.add(connection);
    connection.once('close', () => {
      const last = this.#byConnection.get(connection);
      if (last === undefined) return;
      const releasing = this.drop(connection, last.lease);
      this.#releasing.add(releasing);
      void releasing.finally(() => this.#releasing.delete(releasing));
    });
  }

  async drop(connection: Socket, lease: Lease): Promise<void> {
    this.#byConnection.delete(connection);
    await lease.release();
  }

  /** Resolves once all are released, whether their connections have ended or not. */
  async [Symbol.asyncDispose](): Promise<void> {
    const left = [...this.#byConnection].map(([connection, { lease }]) => this.drop(connection, lease));
    await Promise.all([...left, ...this.#releasing]);
  }
}
