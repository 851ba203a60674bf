import type { ImageProgress } from '../../../port.ts';
import { statusResponses, type Vertex } from './buildkit-messages.ts';

export type BuildMessage = {
  readonly stream?: string;
  readonly error?: string;
  readonly id?: string;
  readonly aux?: string | { readonly ID?: string };
};

/** Follows a build: which step it is at, what that has printed, and what came of it. */
export type BuildLog = {
  /** @throws Error with the engine's reason where the build has failed */
  add(message: BuildMessage): void;
  /** The step that failed, or the latest; empty before any. */
  readonly step: string;
  readonly tail: readonly string[];
  /** The image that was made; null before it is. */
  readonly imageId: string | null;
};

/** How many lines of a failing step's output an error shows, and how much of each. */
const shownLines = 5;
const shownCharacters = 500;

type Step = { readonly name: string; tail: readonly string[]; done: boolean };

export const createBuildLog = (image: string, onProgress: (progress: ImageProgress) => void): BuildLog => {
  const steps = new Map<string, Step>();
  let current: Step = { name: '', tail: [], done: false };
  let imageId: string | null = null;
  let shown = 0;

  const report = (fraction: number): void => {
    // Steps are found on the way, so the share that is done might fall.
    shown = Math.max(shown, fraction);
    onProgress({ image, step: current.name, fraction: shown });
  };
  const print = (step: Step, text: string): void => {
    const lines = text.split(/[\r\n]+/).map((line) => line.trim().slice(0, shownCharacters));
    step.tail = [...step.tail, ...lines.filter(isOutput)].slice(-shownLines);
  };
  const addLine = (line: string): void => {
    const [, number, total] = /^(?:\[\d+\/\d+\] )?step (\d+)\/(\d+) ?: /i.exec(line) ?? [];
    if (number === undefined) return print(current, line);
    current = { name: line, tail: [], done: false };
    report((Number(number) - 1) / Number(total));
  };
  const addVertex = ({ digest, name, started, completed, error }: Vertex): void => {
    const known = steps.get(digest);
    if (started === null && known === undefined) return;
    const step = known ?? { name, tail: [], done: false };
    steps.set(digest, step);
    step.done = completed !== null;
    // Steps beside the one that failed are broken off, and no reason.
    if (error !== '' && !error.includes('context canceled')) current = step;
    // What BuildKit does of its own accord, such as exporting the image, has no bracket.
    if (error !== '' || known !== undefined || !name.startsWith('[')) return;
    current = step;
    report([...steps.values()].filter(({ done }) => done).length / (steps.size + 1));
  };
  const addTrace = (trace: string): void => {
    const { vertexes, logs } = statusResponses.decode(Buffer.from(trace, 'base64'));
    for (const vertex of vertexes) addVertex(vertex);
    for (const { vertex, msg } of logs) print(steps.get(vertex) ?? current, msg.toString());
  };
  return {
    add: ({ stream, error, id, aux }) => {
      if (error) throw new Error(error);
      if (id === 'moby.buildkit.trace' && typeof aux === 'string') addTrace(aux);
      else if (typeof aux === 'object') imageId = aux.ID ?? imageId;
      for (const line of (stream ?? '').split('\n')) addLine(line.trim());
    },
    get step() {
      return current.name;
    },
    get tail() {
      return current.tail;
    },
    get imageId() {
      return imageId;
    },
  };
};

/** Not what the builders say about themselves. */
const isOutput = (line: string): boolean =>
  line !== '' && !/^(--->|--> |Running in |Removing intermediate |Removed intermediate )/.test(line);
