import { oldestNode } from '../../shared/supported-node.ts';
import { type Finding, fail, ok } from './finding.ts';

export const checkNode = (version: string = process.versions.node): Finding =>
  Number.parseInt(version, 10) >= oldestNode
    ? ok('Node', `${version}, ${process.platform} on ${process.arch}`)
    : fail('Node', `${version}, and the emulator needs ${oldestNode} or newer`, `nvm install ${oldestNode}`);
