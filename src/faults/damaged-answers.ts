import type { ApiResponse } from '../http/answers.ts';

/** Hands the finished answer to `act` instead of the caller; `send` sends another text in its place. */
export const replaceAnswer = (
  response: ApiResponse,
  act: (answer: string, send: (text: string) => void) => void,
): void => {
  // `json` ends in `send`, too, and after the check against the description: the damaged answer was right.
  const send = response.send.bind(response);
  response.send = (answer) => {
    act(String(answer), send);
    return response;
  };
};

/** With a TCP reset, as when a machine in between lost its memory: no orderly end, which a client might take for one. */
export const resetConnection = (response: ApiResponse): void => {
  response.socket?.resetAndDestroy();
};

/** Promises the whole answer, sends half of it, and closes the connection. */
export const breakOff = (response: ApiResponse, answer: string): void => {
  const bytes = Buffer.from(answer);
  response.set('Content-Length', String(bytes.length));
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
};
