import { readFields } from './protobuf.ts';

/** What BuildKit reports of a step of a build (moby.buildkit.v1.Vertex). */
export type Vertex = {
  readonly digest: string;
  readonly name: string;
  readonly hasStarted: boolean;
  readonly hasCompleted: boolean;
  readonly error: string;
};

/** What BuildKit reports while it builds (moby.buildkit.v1.StatusResponse), as far as it is of use here. */
export type BuildKitTrace = {
  readonly vertexes: readonly Vertex[];
  readonly logs: readonly { readonly digest: string; readonly text: string }[];
};

export const readBuildKitTrace = (message: Buffer): BuildKitTrace => {
  const parts = [...readFields(message)];
  return { vertexes: containersOf(parts, 1).map(readVertex), logs: containersOf(parts, 3).map(readLog) };
};

const readVertex = (body: Buffer): Vertex => {
  const fields = [...readFields(body)];
  return {
    digest: textOf(fields, 1),
    name: textOf(fields, 3),
    hasStarted: containersOf(fields, 5).length > 0,
    hasCompleted: containersOf(fields, 6).length > 0,
    error: textOf(fields, 7),
  };
};

const readLog = (body: Buffer): BuildKitTrace['logs'][number] => {
  const fields = [...readFields(body)];
  return { digest: textOf(fields, 1), text: textOf(fields, 4) };
};

type Fields = readonly { readonly number: number; readonly value: bigint | Buffer }[];

const containersOf = (fields: Fields, wanted: number): readonly Buffer[] =>
  fields.flatMap(({ number, value }) => (number === wanted && typeof value !== 'bigint' ? [value] : []));

const textOf = (fields: Fields, wanted: number): string => containersOf(fields, wanted).at(-1)?.toString() ?? '';
