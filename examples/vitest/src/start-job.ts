/** The program under test: it starts jobs on the functions of its environment. */
export type Scheduler = {
  /** `http://env-scheduler` on the platform. */
  readonly url: string;
  readonly accessKey: string;
};

export class NoCapacity extends Error {}

export const startJob = async (
  scheduler: Scheduler,
  functionId: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> => {
  const token = crypto.randomUUID();
  const claimed = await call(scheduler, functionId, 'claim', { token });
  await call(scheduler, functionId, 'spawn', {
    token,
    instance_id: claimed.instance_id,
    runtime_variables: { environment_variables: variables },
  });
  return claimed.instance_id;
};

const call = async (scheduler: Scheduler, functionId: string, operation: string, body: object) => {
  const response = await fetch(`${scheduler.url}/v1/functions/${functionId}/${operation}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': scheduler.accessKey, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { data, error } = (await response.json()) as {
    data: { instance_id: string } | null;
    error?: { code: string; title: string };
  };
  if (error?.code === '504.not-available') throw new NoCapacity(error.title);
  if (data === null) throw new Error(`${operation} failed: ${error?.title}`);
  return data;
};
