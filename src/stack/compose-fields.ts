const command = 'a stack has config.runtime.command, with path and args';
const network = 'all containers of a stack share one network, and find each other by hostname';
const image = 'a stack has image.origin of the type docker-file, and image.build.args';
const resources = 'a stack has config.resources, with cpu and ram';
const variables = 'a stack has scoped_variables for what several containers share, and variables {{name}} for secrets';
const nothing = 'a Compose field that a stack has no field for';

/** Fields of a Compose service that a container of a stack does not have, and where they go; see docs/from-compose.md. */
export const composeFields: Readonly<Record<string, string>> = {
  build: image,
  cap_add: 'a stack has config.runtime.capabilities',
  command,
  configs: variables,
  container_name: 'a stack has config.network.hostname',
  cpus: resources,
  depends_on:
    'a stack has no order of starts but config.deploy.startup.delay: let programs try again until others answer',
  deploy: 'a stack has config.deploy, with instances for replicas, and config.resources',
  devices: 'a stack has config.runtime.devices.expose',
  dns: nothing,
  entrypoint: command,
  env_file: 'a stack has config.runtime.environment_vars, with values written there or as variables {{name}}',
  environment: 'a stack has config.runtime.environment_vars',
  expose: network,
  extends: nothing,
  extra_hosts: nothing,
  healthcheck: 'a stack has config.deploy.health_check',
  hostname: 'a stack has config.network.hostname',
  init: nothing,
  labels: 'a stack has annotations',
  links: network,
  logging: nothing,
  mem_limit: resources,
  network_mode: network,
  networks: network,
  platform: nothing,
  ports: 'a stack has config.network.ports',
  privileged: 'a stack has config.runtime.privileged',
  profiles: nothing,
  pull_policy: nothing,
  read_only: 'a stack has config.runtime.rootfs.readonly',
  restart: 'a stack has config.deploy.restart',
  scale: 'a stack has config.deploy.instances',
  secrets: variables,
  security_opt: 'a stack has config.runtime.seccomp',
  shm_size: 'a stack has config.runtime.devices.shm_size',
  stop_grace_period: 'a stack has config.deploy.shutdown.graceful_timeout',
  stop_signal: 'a stack has config.deploy.shutdown.signals',
  sysctls: 'a stack has config.runtime.sysctl',
  tmpfs: nothing,
  tty: nothing,
  ulimits: 'a stack has config.runtime.rlimits',
  user: 'a stack has no field for it: the image sets the user',
  working_dir: 'a stack has config.runtime.workdir',
};
