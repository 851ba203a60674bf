import { renderCatalogue, toCatalogue } from '../../contract-tests/report/catalogue.ts';
import { reportingFailures } from './contract-failures.ts';
import { planRun } from './contract-plan.ts';
import { type ContractFlags, loadConfiguration } from './contract-settings.ts';
import { print, printJson } from './output.ts';

/** `contract --list`: prints what the same command without it would check. */
export const list = async (flags: ContractFlags & { readonly json: boolean }): Promise<number> =>
  await reportingFailures(async () => {
    const { cases } = await planRun(await loadConfiguration(flags), { isListing: true });
    if (flags.json) printJson(toCatalogue(cases));
    else print(renderCatalogue(cases));
    return 0;
  });
