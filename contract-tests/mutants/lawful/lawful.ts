import type { ContractOptions } from '../../model/options.ts';
import type { GatewayChange } from '../../reference/gateway-rules.ts';
import type { Change } from '../../reference/rules.ts';

/** A choice that the public texts leave to a scheduler, or a thing that one of them says. */
export type Lawful = {
  readonly name: string;
  readonly description: string;
  readonly change: Change;
  readonly gateway: GatewayChange;
  /** Cases that warn of it, as its author would agree; no case fails over it. */
  readonly warns: readonly string[];
  /** What a user sets for such a scheduler. */
  readonly options: Partial<ContractOptions>;
};

export const lawful = (
  name: string,
  description: string,
  change: Change,
  { warns = [], options = {}, gateway = {} }: Partial<Pick<Lawful, 'warns' | 'options' | 'gateway'>> = {},
): Lawful => ({ name, description, change, gateway, warns, options });
