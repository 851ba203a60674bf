import type { Duplex } from 'node:stream';
import type { Exit } from '../../port.ts';
import { attach } from '../attach.ts';
import { loadPublishedPorts, refuse } from '../containers.ts';
import type { Engine } from '../engine.ts';
import type { Exits } from '../exits.ts';
import { describeEnd } from '../failed-start.ts';
import { parseFrames } from '../output.ts';
import { encodeBlock } from './block.ts';

/** What the gate prints last, when it has found the command. No output of the function. */
export const gateGreeting = 'cycle-gate: starting\n';
/** Begins each line of the gate's own. */
export const gatePrefix = 'cycle-gate: ';

/** A gate takes a millisecond or two. One that says nothing for so long may have been paused by somebody. */
const answersWithinMs = 1_000;

/** A container that runs and whose process waits to become the function. */
export type GatedContainer = {
  readonly engineId: string;
  readonly exited: Promise<Exit>;
  readonly publishedPorts: Readonly<Record<number, number>>;
  /**
   * Lets the process become the function, its variables under these ones. Answers true when it is about to execute the
   * command, and false where nobody waited any more, and nothing of the function has run.
   *
   * @throws EmulatorError `containerRefused` where the command cannot be executed, in the words of an ordinary start
   */
  open(name: string, environment: Readonly<Record<string, string>>): Promise<boolean>;
};

/**
 * Starts a container that was made with the gate. The connection to its stdin is the gate's lifeline: it ends with it.
 *
 * @param waiting has the container's ID for as long as nobody has tried to open the gate
 */
export const startGatedContainer = async (
  engine: Engine,
  exits: Exits,
  waiting: Set<string>,
  start: (engineId: string) => Promise<void>,
  engineId: string,
  hasPublishedPorts: boolean,
): Promise<GatedContainer> => {
  const container = engine.docker.getContainer(engineId);
  const stream = await attach(engine, engineId, { stdin: true });
  // A connection that breaks ends the answer, and who waits for that is told.
  stream.on('error', () => {});
  const answer = readAnswer(stream);
  const exited = exits.expect(engineId);
  await start(engineId);
  const publishedPorts = hasPublishedPorts ? await loadPublishedPorts(engine, engineId) : {};
  waiting.add(engineId);
  void exited.then(() => waiting.delete(engineId));
  return {
    engineId,
    exited,
    publishedPorts,
    open: async (name, environment) => {
      waiting.delete(engineId);
      if (!stream.writable) return false;
      stream.write(encodeBlock(environment));
      const unpausing = setTimeout(() => void container.unpause().catch(() => {}), answersWithinMs);
      const said = await answer;
      clearTimeout(unpausing);
      if (said === gateGreeting || said === '') return said !== '';
      throw refuse('start', name, `${said.replace(gatePrefix, '').trimEnd()}${describeEnd(await exited)}`);
    },
  };
};

/** What the gate says: the greeting, or all until its end. Then the connection is closed, for what follows is in the log. */
const readAnswer = async (stream: Duplex): Promise<string> => {
  let said = '';
  try {
    for await (const { stream: printedOn, data } of parseFrames(stream)) {
      if (printedOn !== 'stderr') continue;
      said += Buffer.from(data).toString();
      if (said.startsWith(gateGreeting)) return gateGreeting;
    }
  } catch {
    // Broken off: what came is all.
  }
  return said;
};
