// A proxy for comparison, in a process of its own: joins each connection to the host that its parent has named last, once that
// accepts one, and looks at no byte.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

let host = '';

const join = (caller: Socket): void => {
  const called = connect({ host, port: 8080, allowHalfOpen: true, noDelay: true });
  called.once('error', () => setTimeout(join, 1, caller));
  called.once('connect', () => {
    for (const socket of [caller, called]) socket.on('error', () => socket.destroy());
    caller.pipe(called).pipe(caller);
  });
};

process.on('message', (named: string) => {
  host = named;
  process.send?.('named');
});
const server = createServer({ allowHalfOpen: true, noDelay: true }, join);
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
