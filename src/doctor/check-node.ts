import { type Finding, fail, ok } from './finding.ts';

/** The oldest Node that has all the language features the emulator is written with. */
const oldestMajor = 24;

export const checkNode = (version: string = process.versions.node): Finding =>
  Number.parseInt(version, 10) >= oldestMajor
    ? ok('Node', `${version}, ${process.platform} on ${process.arch}`)
    : fail('Node', `${version}, and the emulator needs ${oldestMajor} or newer`, `nvm install ${oldestMajor}`);
