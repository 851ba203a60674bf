import type { EmulatorError } from '../../shared/errors.ts';
import type { Exit } from '../port.ts';
import { innermost, toFailedStartCode } from './answers.ts';
import { loadExit, refuse } from './containers.ts';
import type { Engine } from './engine.ts';
import { oneLine, reasonOf, statusOf, toUnreachable } from './engine-errors.ts';
import { readLog } from './engine-log.ts';
import { unknownExit } from './exits.ts';

/** How much of its output the reason of a failed start has. */
const lastLinesCount = 20;

/** Why a container did not start: the engine's reason, and what it keeps of the attempt. */
export const toFailedStart = async (
  engine: Engine,
  dockerId: string,
  name: string,
  error: unknown,
): Promise<EmulatorError> => {
  if (statusOf(error) === null) return toUnreachable(engine.endpoint, error);
  const { code, outOfMemory } = await loadExit(engine, dockerId).catch(() => unknownExit);
  const reason = innermost(reasonOf(error));
  const lines = await loadLastLines(engine, dockerId);
  const end = describeEnd({ code: code || toFailedStartCode(reason), outOfMemory }, lines);
  return refuse('start', name, `${reason}${end}`, error);
};

/** An end as the last words of a reason; empty where nothing is known. */
export const describeEnd = ({ code, outOfMemory }: Exit, lastLines: readonly string[] = []): string => {
  const facts = [
    ...(code === null || code === 0 ? [] : [`exit code ${code}`]),
    ...(outOfMemory ? ['out of memory'] : []),
    ...(lastLines.length === 0 ? [] : [`last output: ${lastLines.map(oneLine).join(' | ')}`]),
  ];
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
};

const loadLastLines = async (engine: Engine, dockerId: string): Promise<readonly string[]> => {
  const decoder = new TextDecoder();
  let text = '';
  // It has ended, or never begun: the output ends, too.
  for await (const { data } of readLog(engine, dockerId)) text += decoder.decode(data, { stream: true });
  return text.trim() === '' ? [] : text.trimEnd().split('\n').slice(-lastLinesCount);
};
