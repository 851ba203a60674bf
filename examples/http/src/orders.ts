/** Sends a request to the shop, for instance to https://shop.example on the platform. */
export type Shop = (path: string) => Promise<Response>;

export type Order = { readonly id: string; readonly instance: string };

/** What the load balancer answers while no instance could answer: the next may. */
const worthAnotherTry = new Set([502, 503, 504]);

export const readOrder = async (shop: Shop, id: string): Promise<Order> => {
  let response = await shop(`/orders/${id}`);
  if (worthAnotherTry.has(response.status)) response = await shop(`/orders/${id}`);
  if (!response.ok) throw new Error(`The shop answers ${response.status} for order ${id}`);
  return (await response.json()) as Order;
};

/** Where the order is, as it changes. */
export async function* followOrder(shop: Shop, id: string): AsyncGenerator<string, void> {
  const { body } = await shop(`/orders/${id}/events`);
  if (body === null) return;
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) yield event.replace(/^data: /, '');
  }
  if (rest !== '') throw new Error(`The events of order ${id} break off`);
}
