import { expect, it } from 'vitest';
import { parseSample, problemsWith } from './testing/sample.ts';

const container = (strategy: string) => ({
  image: { origin: { type: 'docker-hub', details: { target: 'Bad Image' } } },
  config: { deploy: { strategy, instances: -1 }, runtime: { workdir: 'srv' } },
});

it.each(['fuction', 'serverless'])(
  'all else that is wrong with a container of the strategy "%s" is told, too',
  (strategy) => {
    const problems = problemsWith({ 'containers.other': container(strategy) }).join('\n');
    expect(problems).toContain(`strategy: got "${strategy}", expected one of`);
    for (const place of ['target', 'instances', 'workdir']) expect(problems).toContain(`${place}: got`);
    expect(problems.match(/strategy: got/g)).toHaveLength(1);
  },
);

it('of a strategy that was to be another one than a function, nothing else is told', () => {
  expect(problemsWith({ 'containers.other': container('manuel') })).toHaveLength(1);
  expect(parseSample({ 'containers.other': container('manual') }).otherContainers).toHaveLength(1);
});
