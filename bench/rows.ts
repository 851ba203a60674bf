import { claimRow } from './claim.ts';
import { firstByteRow, largeBodiesRow } from './http.ts';
import { memoryRow } from './memory.ts';
import { pagesRow } from './pages.ts';
import { poolRow } from './pool.ts';
import { readyRow } from './ready.ts';
import { releaseRow } from './release.ts';
import type { Row } from './row.ts';
import { runsRow } from './runs.ts';
import { spawnRow, spawnsAtOnceRow } from './spawn.ts';
import { throughputRow } from './throughput-row.ts';

/** All rows, in the order of the report. */
export const rows: readonly Row[] = [
  spawnRow,
  runsRow,
  throughputRow,
  poolRow,
  claimRow,
  releaseRow,
  readyRow,
  memoryRow,
  spawnsAtOnceRow,
  firstByteRow,
  largeBodiesRow,
  pagesRow,
];
