/**
 * The places in the public texts that documented statements rest on: the API's description by operation, schema or
 * security scheme, the platform's documentation by its subject, and the standards that both build on.
 */
export const sources = {
  claim: 'claimInstance: reserves an available instance of the function and answers it',
  lease: 'claimInstance: a claim that is not spawned within ten seconds ends, and its instance is available again',
  spawn: 'spawnInstance: starts a claimed instance, named by its ID and the claim’s token',
  variables: 'spawnInstance, requestBody: runtime_variables.environment_variables, a map of strings or null',
  release: 'releaseInstance: ends what was claimed, named by instance ID and token, and frees the instance',
  active: 'getActiveInstances: the function’s instances that are starting or running, by ID',
  requestBody: 'the operations’ requestBody: required JSON objects, with required fields and their types',
  claimToken: 'claimInstance, requestBody: token, a string; schema ClaimToken: five characters or more',
  path: 'paths and parameters: the operation’s path with the ID of a container of the environment',
  responses: 'the operations’ responses: 200 with {"data": …}, else the error envelope; application/json',
  error: 'schemas ErrorEnvelope, Error and ErrorCode',
  schemas: 'schemas ClaimedInstance, SpawnedInstance, ReleasedInstance and Instance',
  accessKey: 'securitySchemes.accessKey: an API key in the header X-CYCLE-ACCESS-KEY, required by each operation',
  environmentVariables: 'documentation, environment variables: which there are, and which win over which',
  functions: 'documentation, function containers: instances made in advance are claimed, started, released, used again',
  linked:
    'documentation, function containers: each request to the domain of a LINKED record starts an instance, which receives it just as it would normally, handles it, and shuts down',
  ingress:
    'stack specification, deploy.strategy function: every ingress request or connection receives its own instance',
  shutdown: 'documentation, deploy.shutdown: signals and graceful_timeout',
  http: 'RFC 9110 (HTTP semantics)',
  json: 'RFC 8259 (JSON)',
} as const;

/** The short name of such a place. */
export type Source = keyof typeof sources;
