import { expect, test } from 'vitest';
import { hasProcess, innermost, isNetworkInUse, isSubnetTaken, toFailedStartCode } from './quirks.ts';

/** An answer as the client hands it on. */
const answer = (statusCode: number, message: string): Error =>
  Object.assign(new Error(message), { statusCode, json: { message } });

const said = {
  subnetTaken: [
    answer(403, 'Pool overlaps with other one on this address space'),
    answer(500, 'subnet 10.99.0.0/16 is already used on the host or by another config'),
  ],
  nameTaken: [
    answer(409, 'network with name cycle-a-b already exists'),
    answer(409, 'network name cycle-a-b already used: network already exists'),
  ],
  missingNetwork: [
    answer(404, 'network cycle-a-b not found'),
    answer(404, 'failed to set up container networking: network cycle-a-b not found'),
    answer(500, 'unable to find network with name or ID cycle-a-b: network not found'),
    answer(500, 'container create: unable to find network with name or ID cycle-a-b: network not found'),
  ],
  networkInUse: [
    answer(403, 'error while removing network: network cycle-a-b id 0a has active endpoints'),
    answer(
      500,
      '"n1" has associated containers with it. Use -f to forcibly delete containers and pods: network is being used',
    ),
  ],
  alreadyConnected: [
    answer(403, 'endpoint with name emulator already exists in network cycle-a-b'),
    answer(403, 'container 0a is already connected to network cycle-a-b: network is already connected'),
  ],
  addressTaken: [
    answer(403, 'Address already in use'),
    answer(500, 'failed to set up container networking: Address already in use'),
    answer(500, 'IPAM error: requested ip address 10.77.0.9 is already allocated to container ID 0a'),
  ],
  missingContainer: [
    answer(404, 'No such container: 0a'),
    answer(404, 'no container with ID or name "0a" found: no such container'),
  ],
  missingImage: [
    answer(404, 'No such image: sha256:00'),
    answer(404, 'no such image: docker.io/library/sha256:00: image not known'),
  ],
};

test.each([['a subnet that is taken', isSubnetTaken, said.subnetTaken]])(
  '%s is recognised in every engine’s words, and in no other answer',
  (_, recognises, own) => {
    const all = Object.values(said).flat();
    expect(all.filter(recognises)).toEqual(own);
  },
);

test('a network that is in use is recognised in every engine’s words', () => {
  expect(said.networkInUse.filter(isNetworkInUse)).toEqual(said.networkInUse);
  expect([...said.missingNetwork, ...said.missingContainer].filter(isNetworkInUse)).toEqual([]);
});

test('a container that is being stopped has a process still, one that has stopped or never started has none', () => {
  const states = ['created', 'running', 'paused', 'restarting', 'stopping', 'stopped', 'exited', 'removing', 'dead'];
  expect(states.filter(hasProcess)).toEqual(['running', 'paused', 'restarting', 'stopping']);
});

test.each([
  [
    'OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
    'exec: "nope": executable file not found in $PATH',
    127,
  ],
  [
    'runc: runc create failed: unable to start container process: exec: "/nope": stat /nope: no such file or directory: OCI runtime attempted to invoke a command that was not found',
    'exec: "/nope": stat /nope: no such file or directory',
    127,
  ],
  [
    'crun: executable file `nope` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found',
    'crun: executable file `nope` not found in $PATH: No such file or directory',
    127,
  ],
  [
    'runc: runc create failed: unable to start container process: exec: "/etc/passwd": permission denied: OCI permission denied',
    'exec: "/etc/passwd": permission denied',
    126,
  ],
  [
    'runc: runc create failed: unable to start container process: exec: "/etc": is a directory: OCI runtime error',
    'exec: "/etc": is a directory',
    126,
  ],
  ['driver failed programming external connectivity', 'driver failed programming external connectivity', null],
  ['error mounting "/no" : no such file or directory', 'error mounting "/no" : no such file or directory', null],
])('the innermost reason and the exit code of %s are shown', (reason, innermostReason, code) => {
  expect(innermost(reason)).toBe(innermostReason);
  expect(toFailedStartCode(innermost(reason))).toBe(code);
});
