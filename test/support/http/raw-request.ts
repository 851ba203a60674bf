import { connect } from 'node:net';

/** Sends bytes as they are and nothing more, and answers everything that comes back until the server closes. */
export const sendRaw = (port: number, bytes: string | Buffer, host = '127.0.0.1'): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host }, () => socket.end(bytes));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
  });

export type RawAnswer = { readonly status: number; readonly headers: string; readonly body: string };

/** The parts of one answer; everything up to the end is its body. */
export const parseRawAnswer = (answer: string): RawAnswer => {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]), headers: head, body: rest.join('\r\n\r\n') };
};
