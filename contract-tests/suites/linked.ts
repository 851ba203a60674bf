import {
  describeReply,
  type Echo,
  excerpt,
  inferred,
  linkedGroup,
  linkedRules,
  type ProbeAnswer,
  randomBytes,
  type Scenario,
  toEcho,
  valuesOf,
} from '../kit/index.ts';

const define = linkedGroup({ evidence: 'documented', source: 'linked' });
const { reached, asItIs, answerAsItIs, ownInstance } = linkedRules;

/** The function got the method, the target and the body that were sent. */
const checkEcho = (s: Scenario, answer: ProbeAnswer, sent: Pick<Echo, 'method' | 'target' | 'body'>): void => {
  const echo = toEcho(answer);
  const about = answer;
  const line = (one: Pick<Echo, 'method' | 'target'>): string => `${one.method} ${one.target}`;
  s.check(line(echo) === line(sent), { ...asItIs, expected: line(sent), came: line(echo), about });
  s.check(echo.body.equals(sent.body), {
    ...asItIs,
    expected: `the ${sent.body.length} bytes of the body`,
    came: echo.body.length === sent.body.length ? 'as many others' : `${echo.body.length} bytes`,
    about,
  });
};

/** An even number, and more than one packet, buffer or window holds. */
const largeBytes = 1_000_001;
const nothing = Buffer.alloc(0);

/** A request on its way to the function and back. */
export const linked = [
  define(
    'LINKED-001',
    'A request to the domain of a function is answered by an instance of it, which then ends.',
    async (s, http) => {
      const about = await http.ask({ path: '/probe/sleep/100' });
      const { instance, container } = about;
      s.check(container === s.container, {
        ...reached,
        expected: `function ${s.container}`,
        came: container,
        about,
      });
      s.check(/^[0-9a-f]{24}$/i.test(instance), {
        ...reached,
        expected: 'an ID of an instance',
        came: instance,
        about,
      });
      const rule = 'The instance that has handled a request shuts down.';
      await s.checkUnlisted({ container: s.container, instance, token: '' }, rule);
    },
  ),
  define('LINKED-002', 'Requests at the same time have different instances.', {
    source: 'ingress',
    run: async (s, http) => {
      const [one] = await http.hold();
      const [other] = await http.hold();
      if (one === undefined || other === undefined) return;
      s.checkDistinct([one.instance, other.instance], ownInstance);
      s.checkDistinct([one.run, other.run], ownInstance, 'two runs');
      for (const { instance } of [one, other]) {
        await s.checkListed(
          { container: s.container, instance, token: '' },
          'Active lists an instance that handles a request.',
        );
      }
    },
  }),
  define('LINKED-003', 'Each request starts an instance: none meets the process of one before it.', async (s, http) => {
    const runs: string[] = [];
    for (let count = 0; count < 3; count += 1) runs.push((await http.ask({ path: '/again' })).run);
    s.checkDistinct(runs, 'Each request starts an instance.', 'three runs');
  }),
  define('LINKED-004', 'What a second request over the same connection gets is its own answer.', {
    questions: ['linked-connection'],
    run: async (s, http) => {
      const over = http.connect();
      const first = await http.ask({ path: '/first', over });
      const call = http.begin({ path: '/second', over });
      const second = await http.answerTo(call);
      if (second.reply.failure !== undefined) return s.skip('not judged: the second request has no answer');
      if (second.run === '') return s.skip(`not judged: ${describeReply(second.reply)}`);
      checkEcho(s, second, { method: 'GET', target: '/second', body: nothing });
      const kept = second.run === first.run ? 'per-connection' : 'per-request';
      s.observe('linked-connection', { behaviour: call.isReused ? kept : 'connections-end' });
    },
  }),
  define('LINKED-005', 'The function gets method, path, query and body as they were sent.', async (s, http) => {
    const body = Buffer.from(Array.from({ length: 256 }, (_one, at) => at));
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const target = `/path/${method.toLowerCase()}?query=1&and=%20x`;
      checkEcho(s, await http.ask({ method, path: target, body }), { method, target, body });
    }
    const odd = await http.ask({ path: '/a%2Fb/c;d=e?x=%zz&x=2&empty=' });
    const came = toEcho(odd).target;
    const rule = inferred('A target with odd characters is passed on as it was written.');
    s.check(came === '/a%2Fb/c;d=e?x=%zz&x=2&empty=', { ...rule, expected: '/a%2Fb/c;d=e?x=%zz&x=2&empty=', came });
  }),
  define(
    'LINKED-006',
    'A large body arrives whole, in either direction, with a length or in chunks.',
    async (s, http) => {
      const body = randomBytes(largeBytes);
      for (const isChunked of [false, true]) {
        const answer = await http.ask({ method: 'POST', path: '/large', body, isChunked });
        checkEcho(s, answer, { method: 'POST', target: '/large', body });
      }
    },
  ),
  define('LINKED-007', 'Headers of a request arrive, repeated ones and long ones too.', async (s, http) => {
    const long = 'x'.repeat(4_000);
    const headers = ['X-One', 'a', 'X-Many', '1', 'X-Many', '2', 'Cookie', 'a=b; c="d e"', 'X-Long', long];
    const echo = toEcho(await http.ask({ path: '/headers', headers: [...headers, 'Authorization', 'Bearer x.y'] }));
    const expected = {
      'X-One': 'a',
      'X-Many': '1, 2',
      Cookie: 'a=b; c="d e"',
      'X-Long': long,
      Authorization: 'Bearer x.y',
    };
    for (const [name, value] of Object.entries(expected)) {
      const came = valuesOf(echo, name).join(', ');
      s.check(came === value, { ...asItIs, expected: `${name}: ${excerpt(value)}`, came: excerpt(came) });
    }
    const [host = ''] = valuesOf(echo, 'host');
    const rule = inferred('A function gets the Host that was asked for.');
    s.check(host === http.host(), { ...rule, expected: http.host(), came: host });
  }),
  define('LINKED-008', 'Each status of the function’s reaches the caller, with its headers.', async (s, http) => {
    for (const status of [204, 302, 404, 500, 503]) {
      const answer = await http.answerTo(http.begin({ path: `/probe/status/${status}` }));
      const isSo = answer.status === status && answer.run !== '' && answer.headers['location'] === '/elsewhere';
      const came = `${describeReply(answer.reply)}, Location: ${answer.headers['location'] ?? 'none'}`;
      s.check(isSo, { ...answerAsItIs, expected: `${status}, Location: /elsewhere`, came, about: answer });
    }
    const head = await http.ask({ method: 'HEAD', path: '/head' });
    s.check(head.body.length === 0, {
      ...answerAsItIs,
      expected: 'no body to HEAD',
      came: `${head.body.length} bytes`,
    });
  }),
  define('LINKED-013', 'The Host header says which function a request is for.', {
    needs: ['linked', 'second-host', 'two-functions'],
    run: async (s, http) => {
      for (const [index, container] of [s.container, s.secondContainer, s.container].entries()) {
        const answer = await http.ask({ path: '/which', host: http.host(index % 2) });
        s.check(answer.container === container, {
          ...reached,
          expected: `function ${container}`,
          came: answer.container,
          about: answer,
        });
      }
    },
  }),
  define('LINKED-014', 'A domain that is no function’s is refused, or it is the scheduler’s choice what it leads to.', {
    evidence: 'our-choice',
    questions: ['linked-unknown-host'],
    run: async (s, http) => {
      const { reply, run } = await http.answerTo(
        http.begin({ host: `no-function-${randomBytes(4).toString('hex')}.test` }),
      );
      if (reply.failure !== undefined) return s.observe('linked-unknown-host', { behaviour: 'no-answer' });
      s.observe('linked-unknown-host', {
        status: reply.head.status,
        ...(run === '' ? {} : { behaviour: 'a-function' }),
      });
    },
  }),
  define('LINKED-015', 'Each of many callers gets the answer to its own request.', async (s, http) => {
    const canaries = Array.from({ length: 8 }, () => randomBytes(64_000).toString('hex'));
    const calls = canaries.map((text) =>
      http.begin({ method: 'POST', path: `/${text.slice(0, 16)}`, body: Buffer.from(text) }),
    );
    const answers = await Promise.all(calls.map((call) => http.answerTo(call)));
    // Who finds no instance is refused; but what comes is one's own.
    const served = answers.flatMap((answer, at) => (answer.run === '' ? [] : [{ answer, text: canaries[at] ?? '' }]));
    s.presume(served.length > 0, { rule: 'Some of eight callers are served.', expected: 'an answer', came: 'none' });
    for (const { answer, text } of served) {
      if (answer.reply.failure === undefined)
        checkEcho(s, answer, { method: 'POST', target: `/${text.slice(0, 16)}`, body: Buffer.from(text) });
    }
    const runs = served.map(({ answer }) => answer.run);
    s.checkDistinct(runs, ownInstance, 'a run for each');
  }),
];
