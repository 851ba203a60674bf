import { allCases } from '../../contract-tests/suites/all.ts';
import { renderCatalogue, toCatalogue } from '../contract/catalogue.ts';
import { print, printJson } from './output.ts';

/** `contract --list`: prints what would be checked. */
export const list = ({ json }: { readonly json: boolean }): void => {
  if (json) printJson(toCatalogue(allCases));
  else print(renderCatalogue(allCases));
};
