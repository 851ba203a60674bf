import type { ImageProgress } from '../../../port.ts';
import { statusResponses, type Vertex } from './buildkit-messages.ts';

export type BuildMessage = {
  /** Of the pull of a base image. */
  readonly status?: string;
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

type Step = { readonly name: string; tail: readonly string[]; done: boolean; cached: boolean };

const toStep = (name: string): Step => ({ name, tail: [], done: false, cached: false });

/** What every build does, also one whose steps have all been done before. */
const isUsual = (name: string): boolean =>
  name === '' || /^(\[internal\]|(\[[^\]]*\] )?(step \d+\/\d+ ?: )?(FROM|ARG) )/i.test(name);

export const createBuildLog = (image: string, onProgress: (progress: ImageProgress) => void): BuildLog => {
  const steps = new Map<string, Step>();
  let current = toStep('');
  let imageId: string | null = null;
  let shown = 0;
  /** Not reported as long as the build does no more than find what it has done before; null once it does more. */
  let unreported: ImageProgress[] | null = [];

  const begin = (step: Step, fraction: number): void => {
    current = step;
    // Steps are found on the way, so the share that is done might fall.
    shown = Math.max(shown, fraction);
    const progress = { image, step: step.name, fraction: shown };
    if (unreported === null) onProgress(progress);
    else unreported.push(progress);
  };
  const noteWork = (): void => {
    for (const progress of unreported ?? []) onProgress(progress);
    unreported = null;
  };
  const print = (step: Step, text: string): void => {
    const lines = text.split(/[\r\n]+/).map((line) => line.trim().slice(0, shownCharacters));
    step.tail = [...step.tail, ...lines.filter(isOutput)].slice(-shownLines);
  };
  const addLine = (line: string): void => {
    const [, number, total] = /^(?:\[\d+\/\d+\] )?step (\d+)\/(\d+) ?: /i.exec(line) ?? [];
    if (number !== undefined) return begin(toStep(line), (Number(number) - 1) / Number(total));
    print(current, line);
    if (/^-{2,3}> Using cache/.test(line)) current.cached = true;
    // Of a step that is found, the engine says only where its result is.
    else if (line !== '' && !current.cached && !isUsual(current.name)) noteWork();
  };
  const addVertex = ({ digest, name, cached, started, completed, error }: Vertex): void => {
    const known = steps.get(digest);
    if (started === null && known === undefined) return;
    const step = known ?? toStep(name);
    steps.set(digest, step);
    step.done = completed !== null;
    step.cached = cached;
    // Steps beside the one that failed are broken off, and no reason.
    if (error !== '' && !error.includes('context canceled')) current = step;
    // What BuildKit does of its own accord, such as exporting the image, has no bracket.
    if (error !== '' || known !== undefined || !name.startsWith('[')) return;
    begin(step, [...steps.values()].filter(({ done }) => done).length / (steps.size + 1));
    if (!cached && !isUsual(name)) noteWork();
  };
  const addTrace = (trace: string): void => {
    const { vertexes, statuses, logs } = statusResponses.decode(Buffer.from(trace, 'base64'));
    for (const vertex of vertexes) addVertex(vertex);
    // Such as the layers of a base image that it fetches.
    const isFetch = ({ ID, vertex }: (typeof statuses)[number]): boolean =>
      !ID.startsWith('resolve ') && /^\[(?!internal\])/.test(steps.get(vertex)?.name ?? '');
    if (statuses.some(isFetch)) noteWork();
    for (const { vertex, msg } of logs) print(steps.get(vertex) ?? current, msg.toString());
  };
  return {
    add: ({ status, stream, error, id, aux }) => {
      if (error) throw new Error(error);
      if (status !== undefined) noteWork();
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
