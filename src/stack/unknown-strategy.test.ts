import { expect, it } from 'vitest';
import { parseSample, problemsWith } from '../../test/support/stack/sample.ts';

const container = (strategy: string) => ({
  image: { origin: { type: 'docker-hub', details: { target: 'Bad Image' } } },
  config: { deploy: { strategy, instances: -1 }, runtime: { workdir: 'srv' } },
});

it.each(['fuction', 'serverless'])(
  'all other problems of a container of the strategy "%s" are reported, too',
  (strategy) => {
    const problems = problemsWith({ 'containers.other': container(strategy) }).join('\n');
    expect(problems).toContain(`strategy: got "${strategy}", expected one of`);
    for (const place of ['target', 'instances', 'workdir']) expect(problems).toContain(`${place}: got`);
    expect(problems.match(/strategy: got/g)).toHaveLength(1);
  },
);

it('a strategy that resembles another one than function has no further problems', () => {
  expect(problemsWith({ 'containers.other': container('manuel') })).toHaveLength(1);
  expect(parseSample({ 'containers.other': container('manual') }).otherContainers).toHaveLength(1);
});
