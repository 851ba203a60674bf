import {
  describeReply,
  type Linked,
  linkedGroup,
  linkedRules,
  randomBytes,
  readBytes,
  type Scenario,
  toEcho,
  valuesOf,
} from '../kit/index.ts';

const define = linkedGroup({ evidence: 'inferred' });
const { asItIs, answerAsItIs } = linkedRules;

/** Whether a first part of an answer comes while the function still sends. */
const comesEarly = async (s: Scenario, http: Linked, bytes: number): Promise<boolean> => {
  const call = http.begin({ path: `/probe/stream/4/250/${bytes}` });
  const isSome = (): boolean => call.bytes > 0 || call.isOver;
  await s.until(isSome);
  const isEarly = call.bytes > 0 && call.bytes < 4 * bytes && !call.isOver;
  const { reply } = await http.answerTo(call);
  const whole = reply.body.length;
  s.check(whole === 4 * bytes, { ...answerAsItIs, expected: `${4 * bytes} bytes`, came: `${whole} bytes` });
  return isEarly;
};

/** What belongs to a connection, and what to the request on it. */
export const linkedConnections = [
  define('LINKED-009', 'A long answer reaches its caller before it ends.', {
    questions: ['linked-stream'],
    run: async (s, http) => {
      const small = await comesEarly(s, http, 10);
      const isEarly = small || (await comesEarly(s, http, 262_144));
      const came = `${isEarly ? 'some' : 'nothing'} of it before its end`;
      s.check(isEarly, {
        rule: 'An answer reaches its caller while the function goes on.',
        expected: 'some of it before its end',
        came,
      });
      s.observe('linked-stream', { behaviour: small ? 'as-sent' : isEarly ? 'in-large-parts' : 'whole' });
    },
  }),
  define('LINKED-010', 'Headers of a connection stay on it, in either direction.', {
    run: async (s, http) => {
      const headers = ['Connection', 'X-Hop', 'X-Hop', 'mine', 'Keep-Alive', 'timeout=99', 'X-Kept', 'yes'];
      const answer = await http.ask({ path: '/hops', headers });
      const echo = toEcho(answer);
      const rule = 'What Connection names, and Keep-Alive, is of one connection (RFC 9110, 7.6.1).';
      const passed = ['X-Hop', 'Keep-Alive'].filter((name) =>
        valuesOf(echo, name).some((value) => /mine|99/.test(value)),
      );
      s.check(passed.length === 0, {
        rule,
        expected: 'a request without them',
        came: passed.join(', ') || 'one without',
      });
      const back = answer.headers['x-probe-hop'] !== undefined || answer.headers['keep-alive'] === 'timeout=7';
      s.check(!back, {
        rule,
        expected: 'an answer without them',
        came: back ? 'X-Probe-Hop or Keep-Alive' : 'one without',
      });
      s.check(valuesOf(echo, 'X-Kept').join() === 'yes', {
        ...asItIs,
        expected: 'X-Kept: yes',
        came: valuesOf(echo, 'X-Kept').join() || 'no X-Kept',
      });
    },
  }),
  define('LINKED-011', 'The function learns whom the request is from, and not from the caller alone.', {
    questions: ['linked-forwarded'],
    run: async (s, http) => {
      const claimed = '203.0.113.66';
      const echo = toEcho(await http.ask({ path: '/from', headers: ['X-Forwarded-For', claimed] }));
      const came = valuesOf(echo, 'x-forwarded-for').join(', ');
      s.check(came !== '' && came !== claimed, {
        rule: 'X-Forwarded-For has the address that the gateway itself sees.',
        expected: 'an address that the caller did not write',
        came: came || 'no X-Forwarded-For',
      });
      const names = ['For', 'Host', 'Port', 'Proto', 'Scheme'].filter(
        (name) => valuesOf(echo, `x-forwarded-${name}`).length > 0,
      );
      s.observe('linked-forwarded', { behaviour: names.join(', ').toLowerCase() || 'none' });
    },
  }),
  define('LINKED-012', 'A connection that changes its protocol goes both ways, and holds its instance until it ends.', {
    run: async (s, http) => {
      const call = http.begin({ path: '/upgrade', protocol: 'probe-echo' });
      const [socket, run] = [await call.changed, await http.runOf(call)];
      if (run === null || socket === null) {
        const came = call.isOver ? describeReply(await call.reply) : 'no change';
        return void s.check(false, { rule: 'A function may change to another protocol.', expected: '101', came });
      }
      const sent = randomBytes(100_000);
      socket.write(sent);
      const back = await readBytes(socket, sent.length, s.run.settleMs);
      const came = back.equals(sent) ? 'these bytes' : `${back.length} bytes, or others`;
      s.check(back.equals(sent), {
        rule: 'Bytes go both ways once the protocol has changed.',
        expected: 'these bytes',
        came,
      });
      const held = { container: s.container, instance: run.instance, token: '' };
      await s.checkListed(held, 'Active lists an instance whose connection goes on.');
      socket.destroy();
      await s.checkUnlisted(held, 'An instance ends with the connection that it was for.');
    },
  }),
];
