import { existsSync } from 'node:fs';

/** Whether this process runs in a container, by the files that Docker and Podman leave there. */
export const isContained = (): boolean => ['/.dockerenv', '/run/.containerenv'].some(existsSync);
