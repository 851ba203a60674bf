import { diagnose } from '../../runtime/docker/diagnose.ts';
import { type LoadOptions, loadStack } from '../../stack/load-stack.ts';
import { checkEngine } from './check-engine.ts';
import { checkLeftovers } from './check-leftovers.ts';
import { checkNode } from './check-node.ts';
import { checkPort } from './check-port.ts';
import { type Finding, toFailure } from './finding.ts';
import { neededImages } from './needed-images.ts';
import { toUnreachableFinding } from './unreachable.ts';

export type Examination = {
  /** The stack whose images are looked for. */
  readonly stack: string;
  readonly load?: LoadOptions;
  readonly docker: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly version: string;
};

/** Looks at everything that `start` needs, and does not stop at the first that is missing. */
export const examine = async ({
  stack,
  load,
  docker,
  host,
  port,
  version,
}: Examination): Promise<readonly Finding[]> => {
  const findings: Finding[] = [checkNode(), await checkPort(host, port)];
  const images = await loadStack(stack, load).then(neededImages, (error: unknown) => {
    findings.push(toFailure('Stack', error));
    return [];
  });
  try {
    findings.push(...checkEngine(await diagnose(docker, version, images)));
    findings.push(await checkLeftovers(docker));
  } catch (error) {
    findings.push(toUnreachableFinding(error));
  }
  return findings;
};
