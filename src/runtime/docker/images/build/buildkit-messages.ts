import protobuf from 'protobufjs';

const { root } = protobuf.parse(`
  syntax = "proto3";

  // moby.buildkit.v1: what BuildKit reports of a build.
  message StatusResponse {
    repeated Vertex vertexes = 1; repeated VertexStatus statuses = 2; repeated VertexLog logs = 3;
  }
  message VertexStatus { string ID = 1; string vertex = 2; }
  message Vertex {
    string digest = 1; string name = 3; bool cached = 4; Timestamp started = 5; Timestamp completed = 6; string error = 7;
  }
  message VertexLog { string vertex = 1; bytes msg = 4; }
  message Timestamp { int64 seconds = 1; }

  // fsutil.types: how it gets files.
  enum PacketType { stat = 0; request = 1; data = 2; finished = 3; error = 4; }
  message Packet { PacketType type = 1; Stat stat = 2; uint32 id = 3; bytes data = 4; }
  message Stat {
    string path = 1; uint32 mode = 2; int64 size = 5; int64 modified = 6;
    string target = 7; int64 major = 8; int64 minor = 9;
  }
`);

/** A step of a build; `started` and `completed` are null before it has. */
export type Vertex = {
  readonly digest: string;
  readonly name: string;
  /** Whether its result was there already. */
  readonly cached: boolean;
  readonly started: object | null;
  readonly completed: object | null;
  readonly error: string;
};

export type StatusResponse = {
  readonly vertexes: readonly Vertex[];
  /** Parts of steps. */
  readonly statuses: readonly { readonly ID: string; readonly vertex: string }[];
  readonly logs: readonly { readonly vertex: string; readonly msg: Buffer }[];
};

export type Packet = {
  readonly type: 'stat' | 'request' | 'data' | 'finished' | 'error';
  readonly stat?: Stat | null;
  /** The place of a file among the entries that were sent. */
  readonly id?: number;
  readonly data?: Buffer;
};

/** Owned by root: user and group are left out. */
export type Stat = {
  readonly path: string;
  /** With Go's bits for what a file is. */
  readonly mode: number;
  readonly size: number;
  /** In nanoseconds since the epoch. */
  readonly modified: string;
  readonly target: string;
  readonly major: number;
  readonly minor: number;
};

/** A kind of message. What one leaves out has its default: zero, an empty text or list, or null. */
const codec = <Message extends object>(name: string) => {
  const type = root.lookupType(name);
  return {
    encode: (message: Message): Buffer => Buffer.from(type.encode(type.fromObject(message)).finish()),
    decode: (bytes: Buffer): Message =>
      type.toObject(type.decode(bytes), { defaults: true, enums: String, bytes: Buffer }) as Message,
  };
};

export const statusResponses = codec<StatusResponse>('StatusResponse');
export const packets = codec<Packet>('Packet');
