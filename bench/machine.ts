import { cpus, loadavg, release, totalmem } from 'node:os';
import Docker from 'dockerode';

/** What figures depend on. */
export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly docker: string;
  /** How many processes wanted a core in the minute before: more than none means that figures are too high. */
  readonly loadBefore: number;
};

export const describeMachine = async (): Promise<Machine> => {
  const { Version } = await new Docker().version();
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
    docker: Version,
    loadBefore: loadavg()[0] ?? 0,
  };
};

export const toSentence = ({ cpu, cores, memoryGb, kernel, node, docker, loadBefore }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGb} GB; Linux ${kernel}, Docker ${docker}, Node ${node.slice(1)}; load before: ${loadBefore.toFixed(2)}`;
