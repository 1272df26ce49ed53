// Buys a ticket: npm start localhost:7070
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { CatalogService } from "./gen/eventhub/catalog/v1/catalog_service_pb.js";
import { IdentityService } from "./gen/eventhub/identity/v1/identity_service_pb.js";
import { InventoryService } from "./gen/eventhub/inventory/v1/inventory_service_pb.js";
import { OrderState } from "./gen/eventhub/orders/v1/orders_pb.js";
import { OrdersService } from "./gen/eventhub/orders/v1/orders_service_pb.js";
import { TicketingService } from "./gen/eventhub/ticketing/v1/ticketing_service_pb.js";
import { ErrorInfoSchema, LocalizedMessageSchema } from "./gen/google/rpc/error_details_pb.js";

interface ServiceConfig {
  methodConfig: { name: { service: string; method: string }[]; timeout?: string; retryPolicy?: { maxAttempts: number } }[];
}

const config: ServiceConfig = JSON.parse(readFileSync("../../clients/eventhub/service_config.json", "utf8"));
const configs = new Map(config.methodConfig.map((entry) => [`${entry.name[0].service}/${entry.name[0].method}`, entry]));

// An id of the caller's choosing. Keep it before the call: a repeat with the same id is the same call.
const id = (prefix: string) => `${prefix}_${randomBytes(16).toString("hex")}`;

// The contract's retries: this transport knows no service config, so an interceptor reads it.
const retries: Interceptor = (next) => async (request) => {
  const attempts = configs.get(`${request.service.typeName}/${request.method.name}`)?.retryPolicy?.maxAttempts ?? 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(request);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable || attempt >= attempts) throw error;
      await new Promise((done) => setTimeout(done, 100 * 2 ** attempt * (0.5 + Math.random())));
    }
  }
};

let token = "";
const speaks: Interceptor = (next) => (request) => {
  if (token) request.header.set("authorization", `Bearer ${token}`);
  request.header.set("accept-language", "en");
  return next(request);
};
const transport = createGrpcTransport({ baseUrl: `http://${process.argv[2]}`, interceptors: [retries, speaks] });

const started = await createClient(IdentityService, transport).startGuest({
  guestId: id("gst"),
  name: "Ana Souza",
  email: "ana@example.com",
});
token = started.tokens!.accessToken;

const catalog = createClient(CatalogService, transport);
const event = (await catalog.searchEvents({})).events[0];
const held = await createClient(InventoryService, transport).hold({
  holdId: id("hld"),
  eventId: event.eventId,
  items: [{ ticketTypeId: event.ticketTypes[0].ticketTypeId, quantity: 1 }],
});
const orders = createClient(OrdersService, transport);
const bought = await orders.checkout({
  orderId: id("ord"),
  holdId: held.hold!.holdId,
  method: { case: "card", value: { token: "tok_ok" } },
});
for await (const news of orders.watchOrder({ orderId: bought.order!.orderId })) {
  if (news.order) console.log(`ORDER_STATE_${OrderState[news.order.state]}`);
}

const ticketing = createClient(TicketingService, transport);
let tickets = (await ticketing.listTickets({ orderId: bought.order!.orderId })).tickets;
while (tickets.length === 0) {
  // They are issued a moment after the order is paid.
  tickets = (await ticketing.listTickets({ orderId: bought.order!.orderId })).tickets;
}
console.log("ticket", tickets[0].ticketTypeName);

// How a refusal is read: its reason for programs, its words for people.
try {
  await catalog.getEvent({ eventId: "evt_none" });
} catch (error) {
  const refused = ConnectError.from(error);
  for (const info of refused.findDetails(ErrorInfoSchema)) console.log("refused", info.domain, info.reason);
  for (const words of refused.findDetails(LocalizedMessageSchema)) console.log("people read:", words.message);
}
