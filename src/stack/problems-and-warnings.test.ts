import { expect, it } from 'vitest';
import { parseStack } from './load-stack.ts';

const text = `version: "1.0"
containers:
  job:
    name: Job
    image: { origin: { type: docker-hub, details: { target: Bad Image } } }
    config:
      deploy: { strategy: fuction, instances: 1 }
      runtime: { workdir: srv }
containerz: {}
`;
const keys = 'services: { scheduler: { config: { access_keys: [{ name: a, secret: b }] } } }\n';

it('a stack with problems reports its warnings, too, each with its place', () => {
  const read = () => parseStack(text, { source: 'stack.yaml', root: '/' });
  let message = '';
  try {
    read();
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/it has 3 problems\. Correct the file where it says:\nstack\.yaml:5:/);
  for (const place of ['stack.yaml:5:', 'stack.yaml:7:', 'stack.yaml:8:']) expect(message).toContain(place);
  expect(message).toMatch(/\nWarnings:\n(?:.*\n)*stack\.yaml:9:1 containerz: unknown field/);
});

it('a stack with problems and no warnings mentions no warnings', () => {
  const sound = text.replace(/containerz.*\n/, keys);
  expect(() => parseStack(sound, { source: 's', root: '/' })).toThrow(/^(?!.*Warnings)/s);
});

it.each(['  other: []', '  other: { config: [] }', '  other: { config: { deploy: [] } }'])(
  'a problem is no warning, too: %s',
  (other) => {
    const read = () => parseStack(text.replace('  job:', `${other}\n  job:`), { source: 's', root: '/' });
    expect(read).toThrow(/^(?!.*(expected an object).*\1).*expected an object/s);
  },
);
