const functionId = '65a0000000000000000000e1';

const call = async (operation, body) => {
  const response = await fetch(`http://env-scheduler/v1/functions/${functionId}/${operation}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': process.env.CYCLE_ACCESS_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ token: 'example', ...body }),
  });
  if (!response.ok) throw new Error(`${operation}: ${await response.text()}`);
  return (await response.json()).data;
};

const { instance_id } = await call('claim');
await call('spawn', { instance_id, runtime_variables: { environment_variables: { NUMBERS: '1 2 3' } } });
console.log(`started ${instance_id}`);
