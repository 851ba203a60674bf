import { describe, expect, it } from 'vitest';
import { problemsWith } from '../../test/support/stack/sample.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { parseStack } from './load-stack.ts';

describe('all problems', () => {
  const broken = `\
version: 1.0
containers:
  job:
    image: { origin: { type: docker-hub, details: { target: "Bad Image" } } }
    config:
      deploy:
        strategy: function
        function:
          max_runtime: 5 minutes
      runtime:
        environment_vars:
          TOKEN: 12345
services:
  scheduler:
    config:
      access_keys:
        - { name: a, secret: "" }
emulator:
  containers:
    jbo: { id: 1 }
`;

  it('are reported at once, each with its place, and no secret with them', () => {
    const parse = () => parseStack(broken, { source: 'broken.yaml', root: '/' });
    const message = `\
Failed to read the stack broken.yaml: it has 8 problems. Correct the file where it says:
broken.yaml:1:1 version: got 1, expected a string: put it in quotes
broken.yaml:4:53 containers.job.image.origin.details.target: got "Bad Image", expected the name of an image, such as busybox:1.37
broken.yaml:6:7 containers.job.config.deploy.instances: missing, expected a whole number from 0 to 60000
broken.yaml:9:11 containers.job.config.deploy.function.max_runtime: got "5 minutes", expected a duration of digits with units ns, us, ms, s, m, h, d, w or y, such as "30s" or "1h30m"
broken.yaml:12:11 containers.job.config.runtime.environment_vars.TOKEN: got a number (not shown), expected a string: put it in quotes
broken.yaml:17:22 services.scheduler.config.access_keys[0].secret: got an empty string, expected a secret of at most 8192 printable ASCII characters, no blank at its ends
broken.yaml:20:5 emulator.containers.jbo: names no container of this stack, did you mean "job"?
broken.yaml:20:12 emulator.containers.jbo.id: got 1, expected 24 lower-case hex characters`;
    expect(parse).toThrow(new EmulatorError(errorCodes.stackInvalid, message));
  });

  it('are counted where there are too many to list', () => {
    const ports = Array.from({ length: 150 }, () => 'x');
    const lines = problemsWith({ '.config.network.ports': ports });
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe('and 50 more problems, not listed');
  });
});
