import { join } from 'node:path';
import { packageRoot, version } from '../shared/package.ts';
import { examine, type Finding } from './doctor/examine.ts';
import { type StackFlags, toLoadOptions } from './options.ts';
import { print, printJson } from './output.ts';

export type DoctorFlags = StackFlags & {
  readonly port: number;
  readonly host: string;
  readonly docker?: string;
  readonly json: boolean;
};

const helloStack = join(packageRoot, 'fixtures', 'hello.yaml');

/** `doctor [stack]`: checks whether `start` would work here, and says how to fix what would fail. Answers the exit code. */
export const doctor = async (stack: string | undefined, flags: DoctorFlags): Promise<number> => {
  const { json, docker, host, port } = flags;
  const findings = await examine({
    stack: stack ?? helloStack,
    load: toLoadOptions(flags),
    docker,
    host,
    port,
    version,
  });
  const hasFailed = findings.some(({ verdict }) => verdict === 'fail');
  if (json) printJson({ ok: !hasFailed, findings });
  else for (const line of toLines(findings)) print(line);
  return hasFailed ? 1 : 0;
};

const toLines = (findings: readonly Finding[]): readonly string[] => {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings.map(({ check, verdict, found, remedy }) => {
    const mend = remedy === null ? '' : `. Fix: ${remedy}`;
    return `${verdict.padEnd(4)}  ${check.padEnd(width)}  ${found.replace(/\s*\n\s*/g, '; ')}${mend}`;
  });
};
